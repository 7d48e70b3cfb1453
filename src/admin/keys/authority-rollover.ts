import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/load.ts';
import { DockpassError, messageOf } from '../../errors.ts';
import { beginRollover, finishRollover, isRolloverUnderWay, probeKeyOfNext } from '../../keys/ca/rollover.ts';
import { rootCertBundleFile } from '../../keys/key-settings.ts';
import { openKeyRing } from '../../keys/open-key-ring.ts';
import type { KeyStore } from '../../keys/storage/key-store.ts';
import { formatListen } from '../../net/listen-address.ts';
import { anonymous } from '../../policy/subject.ts';
import { claimsFor } from '../../token/claims.ts';
import { changeKeyFiles, changeStoredKeys, recordKeyChange } from './key-change.ts';
import { openKeyStore, type OpenKeys } from './key-store.ts';
import { publishKeys, publishLater } from './keys.ts';

export type RolloverStep =
  | {
      /** Both CAs are in the trust bundle, which every registry needs before the second step. */
      readonly step: 'begun';
      readonly bundleFile: string;
      readonly registries: readonly string[];
    }
  | {
      /** The new CA signs from now on. */
      readonly step: 'finished';
      /** The key id of the first signing key of the new CA. */
      readonly leaf: string;
    };

/** What the audit log says about each step. */
const audit = {
  begun: 'CA rollover begun',
  lastStepBegun: 'last step of the CA rollover begun',
  finished: (leaf: string) => `CA rollover finished: leaf ${leaf}`,
};

/**
 * Replaces the CA, in two steps: the first call begins the rollover, and the second one finishes it. Before it finishes
 * the rollover, it asks each registry with a token that only a registry with the new trust bundle accepts.
 * @throws DockpassError `registry_refused` if a registry does not trust the new CA yet; `key_files`, `key_secret`
 */
export async function rotateAuthority(keys: OpenKeys, config: Config, clock: Clock): Promise<RolloverStep> {
  const registries = registriesOf(config);
  if (!(await isRolloverUnderWay(config.keys, keys.keyStore))) {
    await begin(keys, config, clock);
    return { step: 'begun', bundleFile: rootCertBundleFile(config.keys.directory), registries };
  }
  const answers = await Promise.all(
    registries.map((registry) => whyNotTrusted(registry, config, keys.keyStore, clock)),
  );
  const problems = answers.filter((answer) => answer !== undefined);
  if (problems.length > 0) {
    const outcome = 'Nothing was changed: the old CA still signs.';
    throw new DockpassError('registry_refused', [...problems, outcome].join('\n'));
  }
  return { step: 'finished', leaf: await finish(keys, config, clock) };
}

async function begin({ keyStore, store }: OpenKeys, config: Config, clock: Clock): Promise<void> {
  const work = async (target: KeyStore): Promise<void> => {
    // This creates the keys if there are none yet. A set of keys with nothing but the next CA could not be used.
    await openKeyRing(config.keys, clock, target, publishLater);
    await beginRollover(config.keys, target, clock);
    await openKeyRing(config.keys, clock, target, publishLater);
  };
  if (store !== undefined && config.keys.secret !== null) {
    await changeStoredKeys(
      store,
      clock,
      () => audit.begun,
      async (table) => work(await openKeyStore(config, { encryptedKeys: table })),
    );
  } else {
    // A transaction cannot undo a change of files. Therefore the audit row is written first.
    await recordKeyChange(store, clock, audit.begun);
    await work(keyStore);
  }
  await publishKeys(config, clock, keyStore);
}

async function finish({ keyStore, store }: OpenKeys, config: Config, clock: Clock): Promise<string> {
  const work = async (target: KeyStore): Promise<string> => {
    await finishRollover(config.keys, target);
    const ring = await openKeyRing(config.keys, clock, target, publishLater);
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
  // If the database has only the certificate of the CA, its private key is in the folder. Then a file changes too.
  if ((await keyStore.names()).includes('authority.crt'))
    await recordKeyChange(store, clock, audit.lastStepBegun);
  const leaf = await changeStoredKeys(store, clock, audit.finished, async (table) =>
    work(await openKeyStore(config, { encryptedKeys: table })),
  );
  await publishKeys(config, clock, keyStore);
  return leaf;
}

/** Returns the registries that the configuration names. If it names none, returns the one that `up` runs. */
function registriesOf(config: Config): string[] {
  if (config.registries.length > 0) return config.registries.map((url) => url.href.replace(/\/$/, ''));
  return [`http://${formatListen(config.up.registryListen)}`];
}

/** Sends a token of the new CA to a registry. Returns undefined if the registry accepts it, else what to do. */
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
    return `the registry at ${registry} does not trust the new CA yet (it answered ${status}): give it ${rootCertBundleFile(config.keys.directory)} and restart it`;
  } catch (cause) {
    return `cannot reach the registry at ${registry} (${messageOf(cause)}): start it, or correct "registries" in the configuration`;
  }
}
