import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/load.ts';
import { DockpassError, messageOf } from '../../errors.ts';
import {
  beginRollover,
  finishRollover,
  isRolloverUnderWay,
  probeKeyOfNext,
  requireRolloverPossible,
} from '../../keys/ca/rollover.ts';
import { requirePlausibleClock } from '../../keys/clock-fault.ts';
import { rootCertBundleFile } from '../../keys/key-settings.ts';
import { openKeyRing } from '../../keys/open-key-ring.ts';
import { configuredRegistries } from '../../registry/configured-registries.ts';
import type { KeyStore } from '../../keys/storage/key-store.ts';
import { anonymous } from '../../policy/subject.ts';
import { claimsFor } from '../../token/claims.ts';
import { changeKeyFiles, changeStoredKeys, recordKeyChange } from './key-change.ts';
import { keyRingOptions, openKeyStore, type OpenKeys } from './key-store.ts';
import { publishKeys, publishLater } from './keys.ts';

export type RolloverStep =
  | {
      /**
       * The trust bundle now contains the old and the new CA. Install this bundle on every registry before you call
       * `rotateAuthority` again.
       */
      readonly step: 'begun';
      readonly bundleFile: string;
      readonly registries: readonly string[];
    }
  | {
      /** The new CA now issues the leaf certificates. */
      readonly step: 'finished';
      /** The key id of the first signing key of the new CA. */
      readonly leaf: string;
    };

/** The texts of the audit rows for the steps of a CA rollover. */
const audit = {
  begun: 'CA rollover started',
  lastStepBegun: 'started the last step of the CA rollover',
  finished: (leaf: string) => `CA rollover finished: new signing key ${leaf}`,
};

/**
 * Replaces the CA in two steps: the first call begins the rollover, and the second call finishes it. Before the second
 * call changes anything, it sends each registry a token that only a registry with the new trust bundle accepts.
 * @throws DockpassError `registry_refused` if a registry cannot be reached or does not trust the new CA yet;
 *   `key_files`, `key_secret`
 */
export async function rotateAuthority(keys: OpenKeys, config: Config, clock: Clock): Promise<RolloverStep> {
  const registries = configuredRegistries(config).map((url) => url.href.replace(/\/$/, ''));
  if (!(await isRolloverUnderWay(config.keys, keys.keyStore))) {
    await begin(keys, config, clock);
    return { step: 'begun', bundleFile: rootCertBundleFile(config.keys.directory), registries };
  }
  const answers = await Promise.all(
    registries.map((registry) => whyNotTrusted(registry, config, keys.keyStore, clock)),
  );
  const problems = answers.filter((answer) => answer !== undefined);
  if (problems.length > 0) {
    const outcome = 'Nothing was changed: the old CA still issues the leaf certificates.';
    throw new DockpassError('registry_refused', [...problems, outcome].join('\n'));
  }
  return { step: 'finished', leaf: await finish(keys, config, clock) };
}

async function begin(keys: OpenKeys, config: Config, clock: Clock): Promise<void> {
  const { keyStore, store } = keys;
  const options = { ...(await keyRingOptions(keys, clock)), publishKeys: publishLater };
  requirePlausibleClock(options.clockFault);
  const work = async (target: KeyStore): Promise<void> => {
    // If there are no keys yet, this call creates them. Without this call, the key store would contain a next CA
    // but no current CA, and dockpass cannot use such a key store.
    await openKeyRing(config.keys, clock, target, options);
    await beginRollover(config.keys, target, clock);
    await openKeyRing(config.keys, clock, target, options);
  };
  if (store !== undefined && config.keys.secret !== null) {
    await changeStoredKeys(
      store,
      clock,
      () => audit.begun,
      async (table) => work(await openKeyStore(config, { encryptedKeys: table })),
    );
  } else {
    await requireRolloverPossible(config.keys, keyStore);
    // A transaction cannot undo a change to a file. If the change fails halfway, its audit row must already exist.
    // Therefore write the audit row first.
    await recordKeyChange(store, clock, audit.begun);
    await work(keyStore);
  }
  await publishKeys(config, clock, keyStore);
}

async function finish(keys: OpenKeys, config: Config, clock: Clock): Promise<string> {
  const { keyStore, store } = keys;
  const options = { ...(await keyRingOptions(keys, clock)), publishKeys: publishLater };
  requirePlausibleClock(options.clockFault);
  const work = async (target: KeyStore): Promise<string> => {
    await finishRollover(config.keys, target);
    const ring = await openKeyRing(config.keys, clock, target, options);
    return ring.list().at(-1)?.name ?? '';
  };
  const inDatabase = store !== undefined && config.keys.secret !== null;
  if (!inDatabase) {
    const leaf = await changeKeyFiles(store, clock, audit.lastStepBegun, audit.finished, () =>
      work(keyStore),
    );
    await publishKeys(config, clock, keyStore);
    return leaf;
  }
  // If the database contains the certificate of the CA but not its private key, the private key is a file in the key
  // folder. A transaction cannot undo a change to this file. Therefore write an audit row first, so that the audit log
  // shows the change even if it fails halfway.
  if ((await keyStore.names()).includes('authority.crt'))
    await recordKeyChange(store, clock, audit.lastStepBegun);
  const leaf = await changeStoredKeys(store, clock, audit.finished, async (table) =>
    work(await openKeyStore(config, { encryptedKeys: table })),
  );
  await publishKeys(config, clock, keyStore);
  return leaf;
}

/**
 * Sends a registry a token whose certificate the new CA issued. Returns undefined if the registry accepts the token. If
 * the registry does not accept it or cannot be reached, returns a message that says what to do.
 */
async function whyNotTrusted(
  registry: string,
  config: Config,
  keyStore: KeyStore,
  clock: Clock,
): Promise<string | undefined> {
  const key = await probeKeyOfNext(config.keys, keyStore, clock);
  const settings = { issuer: config.issuer, service: config.service, ...config.tokens };
  const claims = claimsFor(anonymous, [], settings, Math.floor(clock() / 1000), 'authority-rollover-probe');
  const token = await key.sign(Buffer.from(JSON.stringify(claims)).toString('base64url'));
  try {
    const { status } = await fetch(`${registry}/v2/`, {
      headers: { Authorization: `Bearer ${token}` },
      redirect: 'manual',
      signal: AbortSignal.timeout(10_000),
    });
    if (status === 200) return undefined;
    return `the registry at ${registry} does not trust the new CA yet (it answered ${status}): give the registry the trust bundle ${rootCertBundleFile(config.keys.directory)}, then restart the registry`;
  } catch (cause) {
    return `cannot reach the registry at ${registry} (${messageOf(cause)}): start the registry, or correct "registries" in the configuration`;
  }
}
