import { existsSync } from 'node:fs';
import type { X509Certificate } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { algorithms } from '../keys/algorithm.ts';
import { readAuthority, type Authority } from '../keys/authority.ts';
import { authorityFile, type KeySettings } from '../keys/key-settings.ts';
import { readLeafSet } from '../keys/leaf-files.ts';
import { currentKey } from '../keys/open-key-ring.ts';
import { signingKey, type KeyMode, type Leaf, type SigningKey } from '../keys/signing-key.ts';

/** The keys as they stand on disk. Opening a key ring would renew what is due, and hide what is wrong. */
export interface OwnKeys {
  readonly authority: X509Certificate;
  readonly trusted: readonly X509Certificate[];
  /** Oldest first. */
  readonly leaves: readonly Leaf[];
  readonly current: Leaf;
  /** A leaf as the next rotation would make it; kept nowhere. */
  readonly next: Leaf;
  key(leaf: Leaf, mode: KeyMode): SigningKey;
}

/** Undefined where there are none yet. @throws DockpassError `key_files` */
export async function readOwnKeys(settings: KeySettings, clock: Clock): Promise<OwnKeys | undefined> {
  const set = await readLeafSet(settings.directory);
  // readAuthority would make one.
  const isOwnPki = settings.authority.certificate !== null && settings.authority.key !== null;
  if (set === undefined || (!isOwnPki && !existsSync(authorityFile(settings.directory)))) return undefined;
  const authority = await readAuthority(settings, true, clock);
  const key = (leaf: Leaf, mode: KeyMode): SigningKey => signingKey(leaf, mode, authority.chain);
  const keys = set.leaves.map((leaf) => key(leaf, settings.mode));
  const signing = currentKey(keys, clock());
  return {
    authority: authority.certificate,
    trusted: authority.trusted,
    leaves: set.leaves,
    current: set.leaves[keys.indexOf(signing)] ?? (set.leaves[0] as Leaf),
    next: await nextLeaf(settings, authority, clock),
    key,
  };
}

async function nextLeaf(settings: KeySettings, authority: Authority, clock: Clock): Promise<Leaf> {
  const { makeLeaf } = await import('../keys/make.ts');
  const hour = 60 * 60 * 1000;
  return makeLeaf(
    algorithms[settings.algorithm],
    authority,
    new Date(clock() - hour),
    new Date(clock() + hour),
  );
}
