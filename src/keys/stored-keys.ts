import type { X509Certificate } from 'node:crypto';
import { lstat, readFile } from 'node:fs/promises';
import { DockpassError } from '../errors.ts';
import { algorithmOf } from './signing/algorithm.ts';
import { readAuthority } from './ca/authority.ts';
import type { Authority } from './ca/authority-type.ts';
import { replaceFile } from '../files/atomic-file.ts';
import { isProtectedFile } from '../files/permissions.ts';
import type { KeyStore } from './storage/key-store.ts';
import { jwksFile, rootCertBundleFile, type KeySettings } from './key-settings.ts';
import { leavesName, readLeafSet } from './leaf-set.ts';
import { signingKey, type KeyMode, type Leaf, type SigningKey } from './signing/signing-key.ts';

/** The contents of the key store when it was last read. */
export interface StoredKeys {
  /**
   * All names in the key store, joined by spaces. If this list has changed since the last read, the keys have changed.
   */
  readonly names: string;
  readonly authority: Authority;
  readonly generation: number;
  readonly leaves: readonly Leaf[];
  /** The same keys as in `leaves` and in the same order (oldest first), but prepared for signing. */
  readonly keys: readonly SigningKey[];
  readonly bundle: string;
}

/**
 * Reads all keys from the key store. Returns undefined if there is no CA. If keys and certificates do not belong
 * together, throws an error and repairs nothing.
 * @throws DockpassError `key_files`
 */
export async function readStoredKeys(
  settings: KeySettings,
  keyStore: KeyStore,
): Promise<StoredKeys | undefined> {
  const names = await listNames(keyStore);
  const set = await readLeafSet(keyStore);
  const authority = await readAuthority(settings, keyStore);
  if (authority === undefined) return undefined;
  const leaves = set?.leaves ?? [];
  const generation = set?.generation ?? 0;
  const keys = leaves.map((leaf) => {
    requireOurs(leaf, authority, keyStore, leavesName(generation));
    return signingKey(leaf, settings.mode, authority.chain);
  });
  const bundle = bundleOf(authority, leaves, settings.mode).map(String).join('');
  return { names, authority, generation, leaves, keys, bundle };
}

/** Lists the names in the key store. A change to this list is a cheap sign that the keys have changed. */
export async function listNames(keyStore: KeyStore): Promise<string> {
  return (await keyStore.names()).join(' ');
}

/**
 * Writes the files that registries read. These files contain only public data. All users of the machine may read them,
 * because a registry often runs as another user than dockpass. A file with the right content is written again if other
 * users can change it, or if it is a link.
 * @returns the paths of the files that had another content
 */
export async function publish(
  { directory }: KeySettings,
  { bundle, keys }: StoredKeys,
): Promise<readonly string[]> {
  const jwks = `${JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }, null, 2)}\n`;
  const different: string[] = [];
  for (const [path, text] of [
    [rootCertBundleFile(directory), bundle],
    [jwksFile(directory), jwks],
  ] as const) {
    const isSame = (await readFile(path, 'utf8').catch(() => undefined)) === text;
    if (!isSame) different.push(path);
    if (!isSame || !(await isProtectedFile(path, directory))) await replaceFile(path, text, 0o644);
  }
  return different;
}

/**
 * Returns a text that changes when one of the files that registries read is changed or replaced. No program can set the
 * change time of a file (ctime), unlike its modification time.
 */
export async function readPublishedStamp({ directory }: KeySettings): Promise<string> {
  const stamps = [rootCertBundleFile(directory), jwksFile(directory)].map(async (path) => {
    const found = await lstat(path, { bigint: true }).catch(() => undefined);
    return found && `${found.ctimeNs} ${found.ino} ${found.size}`;
  });
  return (await Promise.all(stamps)).join('\n');
}

function requireOurs(leaf: Leaf, authority: Authority, keyStore: KeyStore, name: string): void {
  const fix = `${keyStore.moveAwayHint(name)}. dockpass then creates a new signing key at the next start.`;
  if (algorithmOf(leaf.key) === undefined)
    throw new DockpassError(
      'key_files',
      `${keyStore.describe(name)} contains a key that is too weak or of an unknown type. ${fix}`,
    );
  if (!authority.trusted.some((certificate) => leaf.certificate.verify(certificate.publicKey))) {
    throw new DockpassError(
      'key_files',
      `${keyStore.describe(name)} contains a certificate that was not issued by the current certificate authority. ${fix}`,
    );
  }
}

/**
 * Returns the certificates in the trust bundle. If the setting `keys.mode` is `kid`, the bundle also contains the leaf
 * certificates, because registry 2.8 finds a signing key only if the bundle contains the certificate of this key. If
 * the CA comes from your own PKI and `keys.mode` is `kid`, the bundle does not contain the CA. With the CA in the
 * bundle, the registry would also accept tokens that are signed with any other certificate of that PKI.
 */
export function bundleOf(authority: Authority, leaves: readonly Leaf[], mode: KeyMode): X509Certificate[] {
  if (mode === 'x5c') return [...authority.trusted];
  const certificates = leaves.map(({ certificate }) => certificate);
  return authority.isExternal ? certificates : [...authority.trusted, ...certificates];
}
