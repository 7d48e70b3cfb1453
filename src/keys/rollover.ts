import { rename } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import { DockpassError } from '../errors.ts';
import { algorithms } from './algorithm.ts';
import { newAuthority } from './authority.ts';
import { createFile, formatPairs, readPairs, replaceFile } from './key-files.ts';
import { authorityFile, nextAuthorityFile, previousAuthorityFile, type KeySettings } from './key-settings.ts';
import { signingKey, type SigningKey } from './signing-key.ts';
import type { KeyAndCertificate } from './x509.ts';

/**
 * An authority gives way to another in two steps, because every registry reads its bundle once, at start: first both
 * stand in the bundle while the old one certifies on; when every registry has that bundle, the new one takes over. A
 * crash at any point leaves a set that signs tokens which registries with either bundle accept.
 */

/** Step one. The bundle holds both once the ring is read again. */
export async function beginRollover(settings: KeySettings, clock: Clock): Promise<void> {
  requireOwnAuthority(settings);
  await createFile(nextAuthorityFile(settings.directory), formatPairs([await newAuthority(clock)]), 0o600);
}

export async function isRolloverUnderWay(settings: KeySettings): Promise<boolean> {
  return (await readNext(settings)) !== undefined;
}

/** A key of the authority to come, with which a registry can be asked whether it has the bundle. Kept nowhere. */
export async function probeKeyOfNext(settings: KeySettings, clock: Clock): Promise<SigningKey> {
  const next = await readNext(settings);
  if (next === undefined)
    throw new DockpassError(
      'key_files',
      'no rollover is under way: begin it with "dockpass keys rotate --authority"',
    );
  const { makeLeaf } = await import('./make.ts');
  const hour = 60 * 60 * 1000;
  const leaf = await makeLeaf(
    algorithms[settings.algorithm],
    next,
    new Date(clock() - hour),
    new Date(clock() + hour),
  );
  return signingKey(leaf, 'x5c', []);
}

/** Step two. The next refresh of any ring makes a leaf of the new authority; tokens of the old one stay valid. */
export async function finishRollover(settings: KeySettings): Promise<void> {
  requireOwnAuthority(settings);
  const { directory } = settings;
  const old = (await readPairs(authorityFile(directory)))?.[0];
  // The old certificate is put by before its key goes: from then on either order of reading finds both.
  if (old !== undefined)
    await replaceFile(previousAuthorityFile(directory), old.certificate.toString(), 0o644);
  await rename(nextAuthorityFile(directory), authorityFile(directory));
}

async function readNext(settings: KeySettings): Promise<KeyAndCertificate | undefined> {
  return (await readPairs(nextAuthorityFile(settings.directory)))?.[0];
}

function requireOwnAuthority(settings: KeySettings): void {
  if (settings.authority.certificate === null) return;
  throw new DockpassError(
    'key_files',
    'the authority comes from your own PKI (keys.authority): put the new certificate into its file after the old one, give registries the new bundle, then exchange the key',
  );
}
