import type { Clock } from '../../clock.ts';
import { DockpassError } from '../../errors.ts';
import { algorithms } from '../signing/algorithm.ts';
import { newAuthority, readAuthorityNamed, requireKey } from './authority.ts';
import { fileKeyStore } from '../storage/file-key-store.ts';
import { previousAuthority, type KeyStore } from '../storage/key-store.ts';
import type { KeySettings } from '../key-settings.ts';
import { formatPairs } from '../../files/pem.ts';
import { signingKey, type SigningKey } from '../signing/signing-key.ts';

/**
 * An authority gives way to another in two steps, because every registry reads its bundle once, at start: first both
 * stand in the bundle while the old one certifies on; when every registry has that bundle, the new one takes over. A
 * crash at any point leaves a set that signs tokens which registries with either bundle accept. An authority whose key
 * stays out of the database is followed by one of the same kind.
 */

/** Step one. The bundle holds both once the ring is read again. */
export async function beginRollover(settings: KeySettings, keep: KeyStore, clock: Clock): Promise<void> {
  requireOwnAuthority(settings);
  if (!(await staysOut(keep))) {
    await keep.create('authority-next.pem', formatPairs([await newAuthority(clock)]));
    return;
  }
  requireKey((await readAuthorityNamed('authority', settings, keep)) ?? noAuthority());
  const folder = fileKeyStore(settings.directory);
  const next = await newAuthority(clock);
  // What a rollover that stopped here has left is of no bundle yet.
  await folder.replace('authority-next.pem', formatPairs([next]));
  await keep.create('authority-next.crt', next.certificate.toString());
}

export async function isRolloverUnderWay(settings: KeySettings, keep: KeyStore): Promise<boolean> {
  return (await readAuthorityNamed('authority-next', settings, keep)) !== undefined;
}

/** A key of the authority to come, with which a registry can be asked whether it has the bundle. Kept nowhere. */
export async function probeKeyOfNext(
  settings: KeySettings,
  keep: KeyStore,
  clock: Clock,
): Promise<SigningKey> {
  const next = await readAuthorityNamed('authority-next', settings, keep);
  if (next === undefined)
    throw new DockpassError(
      'key_files',
      'no rollover is under way: begin it with "dockpass keys rotate --authority"',
    );
  const { createLeaf } = await import('../create-keys.ts');
  const hour = 60 * 60 * 1000;
  const leaf = await createLeaf(
    algorithms[settings.algorithm],
    requireKey(next),
    new Date(clock() - hour),
    new Date(clock() + hour),
  );
  return signingKey(leaf, 'x5c', []);
}

/** Step two. The next refresh of any ring makes a leaf of the new authority; tokens of the old one stay valid. */
export async function finishRollover(settings: KeySettings, keep: KeyStore): Promise<void> {
  requireOwnAuthority(settings);
  const old = await readAuthorityNamed('authority', settings, keep);
  // The old certificate is put by before its key goes: from then on either order of reading finds both.
  if (old !== undefined) await keep.replace(previousAuthority, old.certificate.toString());
  if (!(await staysOut(keep))) return keep.rename('authority-next.pem', 'authority.pem');
  const folder = fileKeyStore(settings.directory);
  if ((await folder.names()).includes('authority-next.pem'))
    await folder.rename('authority-next.pem', 'authority.pem');
  return keep.rename('authority-next.crt', 'authority.crt');
}

async function staysOut(keep: KeyStore): Promise<boolean> {
  return (await keep.names()).includes('authority.crt');
}

function requireOwnAuthority(settings: KeySettings): void {
  if (settings.authority.certificate === null) return;
  throw new DockpassError(
    'key_files',
    'the authority comes from your own PKI (keys.authority): put the new certificate into its file after the old one, give registries the new bundle, then exchange the key',
  );
}

function noAuthority(): never {
  throw new DockpassError('key_files', 'there is no authority yet: start dockpass once');
}
