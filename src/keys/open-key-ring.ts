import type { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { DockpassError } from '../errors.ts';
import { algorithms, type Algorithm } from './algorithm.ts';
import { createFile, formatPairs, readPairs, replaceFile, type StoredPair } from './key-files.ts';
import type { KeyRing } from './key-ring.ts';
import { signingKey, type Leaf } from './signing-key.ts';

export interface KeySettings {
  readonly directory: string;
  readonly algorithm: Algorithm['name'];
  /** Seconds. */
  readonly leafLifetime: number;
}

const day = 24 * 60 * 60 * 1000;
const authorityLifetime = 10 * 365 * day;
/** A registry's clock may run late: it must not find a certificate from the future. */
const backdate = 60 * 60 * 1000;

export const authorityFile = (directory: string): string => join(directory, 'authority.pem');
export const leavesFile = (directory: string): string => join(directory, 'leaves.pem');
export const rootCertBundleFile = (directory: string): string => join(directory, 'rootcertbundle.pem');

/**
 * Opens the keys, making on the first start what is missing: the authority, a leaf that it certifies, and the bundle
 * that registries trust. A directory whose files do not fit together is never repaired by guessing.
 * @throws DockpassError `key_files`
 */
export async function openKeyRing(settings: KeySettings, clock: Clock): Promise<KeyRing> {
  const authority = await readAuthority(settings, clock);
  const leaves = await readLeaves(settings, authority, clock);
  const rootCertBundle = authority.certificate.toString();
  await publishBundle(settings.directory, rootCertBundle);
  const algorithm = algorithms[settings.algorithm];
  const keys = leaves
    .filter((leaf) => algorithm.accepts(leaf.key))
    .map((leaf) => signingKey(leaf, algorithm));
  const newest = keys.at(-1);
  if (newest === undefined)
    throw new DockpassError(
      'key_files',
      `no leaf in ${leavesFile(settings.directory)} signs ${algorithm.name}`,
    );
  return {
    current: () => newest,
    published: () => keys.map(({ jwk }) => jwk),
    rootCertBundle,
    list: () => [
      { name: 'authority', use: 'certifies leaves', algorithm: 'RS256', ...validity(authority.certificate) },
      ...keys.map((key) => ({
        name: key.kid,
        use: key === newest ? ('signs tokens' as const) : ('verifies tokens' as const),
        algorithm: algorithm.name,
        ...validity(key.certificate),
      })),
    ],
  };
}

function validity({ validFromDate, validToDate }: X509Certificate): { from: string; until: string } {
  return { from: validFromDate.toISOString(), until: validToDate.toISOString() };
}

async function readAuthority(settings: KeySettings, clock: Clock): Promise<StoredPair> {
  const path = authorityFile(settings.directory);
  const found = await readPairs(path);
  if (found?.[0] !== undefined) return found[0];
  if ((await readPairs(leavesFile(settings.directory))) !== undefined) {
    throw new DockpassError(
      'key_files',
      `${path} is missing, but ${leavesFile(settings.directory)} is there: put ${path} back from a backup, or move the leaves away too and give every registry the new rootcertbundle`,
    );
  }
  // forge is loaded only here and for new leaves: a start that finds its keys does without.
  const { makeAuthority } = await import('./authority.ts');
  const made = await makeAuthority(new Date(clock() - backdate), new Date(clock() + authorityLifetime));
  if (await createFile(path, formatPairs([made]), 0o600)) return made;
  return readAuthority(settings, clock);
}

async function readLeaves(settings: KeySettings, authority: StoredPair, clock: Clock): Promise<Leaf[]> {
  const path = leavesFile(settings.directory);
  const found = await readPairs(path);
  if (found === undefined) {
    const { makeLeaf } = await import('./authority.ts');
    const until = new Date(clock() + settings.leafLifetime * 1000);
    const made = await makeLeaf(
      algorithms[settings.algorithm],
      authority,
      new Date(clock() - backdate),
      until,
    );
    if (await createFile(path, formatPairs([made]), 0o600)) return [made];
    return readLeaves(settings, authority, clock);
  }
  for (const leaf of found) {
    if (!leaf.certificate.verify(authority.certificate.publicKey)) {
      throw new DockpassError(
        'key_files',
        `${path} was not signed by ${authorityFile(settings.directory)}: move ${path} away, and a new leaf is made at the next start`,
      );
    }
  }
  return found;
}

/** Public, so it may be read by all: the registry often runs as another user. */
async function publishBundle(directory: string, bundle: string): Promise<void> {
  const path = rootCertBundleFile(directory);
  const published = await readFile(path, 'utf8').catch(() => undefined);
  if (published !== bundle) await replaceFile(path, bundle, 0o644);
}
