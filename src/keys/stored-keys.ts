import { readFile } from 'node:fs/promises';
import { DockpassError } from '../errors.ts';
import { algorithmOf } from './signing/algorithm.ts';
import { readAuthority } from './ca/authority.ts';
import type { Authority } from './ca/authority-type.ts';
import { replaceFile } from '../files/atomic-file.ts';
import type { KeyStore } from './storage/key-store.ts';
import { jwksFile, rootCertBundleFile, type KeySettings } from './key-settings.ts';
import { leavesName, readLeafSet } from './leaf-set.ts';
import { signingKey, type Leaf, type SigningKey } from './signing/signing-key.ts';

/** What was kept when it was last read. */
export interface StoredKeys {
  /** The names that were there: other names, other keys. */
  readonly names: string;
  readonly authority: Authority;
  readonly generation: number;
  readonly leaves: readonly Leaf[];
  /** Of the leaves, oldest first; by the algorithm that is configured last. */
  readonly keys: readonly SigningKey[];
  readonly bundle: string;
}

/**
 * All of it; undefined where there is no authority. What does not fit together is never repaired by guessing.
 * @throws DockpassError `key_files`
 */
export async function readStoredKeys(settings: KeySettings, keep: KeyStore): Promise<StoredKeys | undefined> {
  const names = await listNames(keep);
  const set = await readLeafSet(keep);
  const authority = await readAuthority(settings, keep);
  if (authority === undefined) return undefined;
  const leaves = set?.leaves ?? [];
  const generation = set?.generation ?? 0;
  const keys = leaves.map((leaf) => {
    requireOurs(leaf, authority, keep, leavesName(generation));
    return signingKey(leaf, settings.mode, authority.chain);
  });
  const bundle = bundleOf(authority, keys, settings);
  return { names, authority, generation, leaves, keys, bundle };
}

/** A cheap look whether anything has changed. */
export async function listNames(keep: KeyStore): Promise<string> {
  return (await keep.names()).join(' ');
}

/** What registries read, into the folder. Public, so it may be read by all: the registry often runs as another user. */
export async function publish({ directory }: KeySettings, { bundle, keys }: StoredKeys): Promise<void> {
  const jwks = `${JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }, null, 2)}\n`;
  for (const [path, text] of [
    [rootCertBundleFile(directory), bundle],
    [jwksFile(directory), jwks],
  ] as const) {
    const published = await readFile(path, 'utf8').catch(() => undefined);
    if (published !== text) await replaceFile(path, text, 0o644);
  }
}

function requireOurs(leaf: Leaf, authority: Authority, keep: KeyStore, name: string): void {
  const mend = `${keep.takeAway(name)}, and a new leaf is made at the next start`;
  if (algorithmOf(leaf.key) === undefined)
    throw new DockpassError(
      'key_files',
      `${keep.place(name)} holds a key that is too weak or of an unknown kind: ${mend}`,
    );
  if (!authority.trusted.some((certificate) => leaf.certificate.verify(certificate.publicKey))) {
    throw new DockpassError('key_files', `${keep.place(name)} was not signed by this authority: ${mend}`);
  }
}

/** In kid mode registry 2.8 finds keys by the certificates in its bundle, so the leaves stand in it too. */
function bundleOf(authority: Authority, keys: readonly SigningKey[], settings: KeySettings): string {
  const leaves = settings.mode === 'kid' ? keys.map(({ certificate }) => certificate) : [];
  return [...authority.trusted, ...leaves].map(String).join('');
}
