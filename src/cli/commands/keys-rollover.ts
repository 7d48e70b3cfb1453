import { systemClock, type Clock } from '../../clock.ts';
import type { Config } from '../../config/load.ts';
import { formatListen } from '../../net/listen-address.ts';
import { DockpassError, messageOf } from '../../errors.ts';
import { anonymous } from '../../policy/subject.ts';
import { withKeyStore } from '../../admin/key-store.ts';
import type { KeyStore } from '../../keys/storage/key-store.ts';
import { openKeyRing } from '../../keys/open-key-ring.ts';
import { rootCertBundleFile } from '../../keys/key-settings.ts';
import { beginRollover, finishRollover, isRolloverUnderWay, probeKeyOfNext } from '../../keys/ca/rollover.ts';
import { claimsFor } from '../../token/claims.ts';
import { say } from '../output.ts';
import { recordKeyChangeOf } from '../record-key-change.ts';

/** `keys rotate --authority`, the step that is due. */
export function rotateAuthority(config: Config): Promise<void> {
  return withKeyStore(config, (keep) => rotateAuthorityIn(keep, config));
}

async function rotateAuthorityIn(keep: KeyStore, config: Config): Promise<void> {
  const { keys } = config;
  const registries = registriesOf(config);
  if (!(await isRolloverUnderWay(keys, keep))) {
    await beginRollover(keys, keep, systemClock);
    await openKeyRing(keys, systemClock, keep);
    await recordKeyChangeOf(config, 'exchange of the authority begun');
    say(`${rootCertBundleFile(keys.directory)} now holds both authorities; the old one signs on.`);
    for (const registry of registries) say(`Give that file to the registry at ${registry}, and restart it.`);
    say('Then finish: dockpass keys rotate --authority');
    return;
  }
  const lacking = (
    await Promise.all(registries.map((registry) => whyNot(registry, config, keep, systemClock)))
  ).filter((why) => why !== undefined);
  if (lacking.length > 0) {
    throw new DockpassError(
      'registry_refused',
      [...lacking, 'The old authority signs on; nothing was changed.'].join('\n'),
    );
  }
  await finishRollover(keys, keep);
  const ring = await openKeyRing(keys, systemClock, keep);
  const leaf = ring.list().at(-1)?.name;
  await recordKeyChangeOf(config, `authority exchanged: leaf ${leaf}`);
  say(
    `the new authority certifies from now on (leaf ${leaf}); the old certificate stays in the bundle for tokens already given out`,
  );
}

/** Those named in the configuration; else the one that `up` runs. */
function registriesOf(config: Config): string[] {
  if (config.registries.length > 0) return config.registries.map((url) => url.href.replace(/\/$/, ''));
  return [`http://${formatListen(config.up.registryListen)}`];
}

/** Asked by a token that only a registry with the new bundle accepts. Undefined where it does. */
async function whyNot(
  registry: string,
  config: Config,
  keep: KeyStore,
  clock: Clock,
): Promise<string | undefined> {
  const key = await probeKeyOfNext(config.keys, keep, clock);
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
    return `the registry at ${registry} does not trust the new authority yet (it answered ${status}): give it ${rootCertBundleFile(config.keys.directory)} and restart it`;
  } catch (cause) {
    return `the registry at ${registry} cannot be asked (${messageOf(cause)}): start it, or correct "registries" in the configuration`;
  }
}
