import { DockpassError } from '../errors.ts';
import type { KeyStore } from './storage/key-store.ts';
import { formatPairs, parsePairs } from '../files/pem.ts';
import type { Leaf } from './signing/signing-key.ts';

/**
 * A numbered version of the complete set of signing keys. Each change to the set, such as a new key, is stored as a new
 * version with the next number (`generation`). The keys in `leaves` are sorted, oldest first.
 */
export interface LeafSet {
  readonly generation: number;
  readonly leaves: readonly Leaf[];
}

/**
 * Returns the name of the file that stores one numbered version (`generation`) of the set of signing keys. The file
 * `leaves-N.pem` with the highest number N contains the current signing keys. To add a key, a process writes all keys
 * to a new file with the number N+1. Only one process can create this file. Therefore no lock is needed, and a complete
 * set of keys remains after a crash.
 */
export const leavesName = (generation: number): string => `leaves-${generation}.pem`;

/**
 * Reads the newest version of the set of signing keys. Returns undefined if there is no version yet, as at the first
 * start.
 * @throws DockpassError `key_files`
 */
export async function readLeafSet(keyStore: KeyStore): Promise<LeafSet | undefined> {
  let missing: number | undefined;
  for (;;) {
    const generation = newestGeneration(await keyStore.names(), keyStore);
    if (generation === undefined) return undefined;
    const name = leavesName(generation);
    // The last attempt could not read this file, and now the file is listed as the newest one again. dockpass never
    // removes the newest file, so no other process has removed it. It may be a symbolic link without a target. Another
    // attempt would fail too.
    if (generation === missing)
      throw new DockpassError(
        'key_files',
        `${keyStore.describe(name)} is listed but does not exist. ${keyStore.moveAwayHint(name)}.`,
      );
    const text = await keyStore.read(name);
    // Another process created a newer file and removed the file `name` after this process had listed the names. So list
    // the names again.
    missing = generation;
    if (text === undefined) continue;
    const fix = `${keyStore.moveAwayHint(name)}. dockpass then creates a new signing key at the next start, and registries need no change.`;
    return { generation, leaves: parsePairs(text, keyStore.describe(name), fix) };
  }
}

/**
 * Stores a new version of the set of signing keys. Returns false if another process has already stored a version with
 * the same or a higher number. The caller must then use the signing keys of that process.
 * @throws DockpassError `key_files` if no process could read a version with this number. In this case, nothing is
 *   written
 */
export async function succeedLeafSet(keyStore: KeyStore, set: LeafSet): Promise<boolean> {
  if (set.generation > highestGeneration) {
    const name = leavesName(set.generation - 1);
    throw new DockpassError(
      'key_files',
      `${keyStore.describe(name)} has the highest possible number in its name, so dockpass cannot store another signing key. ${keyStore.moveAwayHint(name)}. dockpass then creates a new signing key at the next start, and registries need no change.`,
    );
  }
  if (!(await keyStore.create(leavesName(set.generation), formatPairs(set.leaves)))) return false;
  const names = await keyStore.names();
  // If this process is slow, other processes may already have created and removed a file with this number. In that
  // case, a file with a higher number exists, and the signing keys in that file must be used.
  if (newestGeneration(names, keyStore) !== set.generation) return false;
  // Do not remove the file of the previous version, because other processes may be reading it at this moment.
  for (const name of names)
    if ((generationIn(name, keyStore) ?? Infinity) < set.generation - 1) await keyStore.remove(name);
  return true;
}

/**
 * Returns the highest number N of the files `leaves-N.pem` in a list of file names. Returns undefined if the list has
 * no such file.
 */
function newestGeneration(names: readonly string[], keyStore: KeyStore): number | undefined {
  const generations = names.flatMap((name) => generationIn(name, keyStore) ?? []);
  return generations.length === 0 ? undefined : Math.max(...generations);
}

/**
 * The highest number that a file may have. It has 12 digits, and JavaScript computes exactly with much higher integers.
 * Rotations never reach it: only a person can give a file a number like this. No version is stored after it, because no
 * process could read that version.
 */
const highestGeneration = 999_999_999_998;

/**
 * Returns the number N in a file name `leaves-N.pem`, or undefined if the name has another form.
 * @throws DockpassError `key_files` if the number has leading zeros or is above `highestGeneration`. dockpass never
 *   writes such a file name
 */
function generationIn(name: string, keyStore: KeyStore): number | undefined {
  const digits = /^leaves-(\d+)\.pem$/.exec(name)?.[1];
  if (digits === undefined) return undefined;
  const generation = Number(digits);
  if (leavesName(generation) === name && generation <= highestGeneration) return generation;
  throw new DockpassError(
    'key_files',
    `${keyStore.describe(name)} has a number in its name that dockpass never writes. ${keyStore.moveAwayHint(name)}.`,
  );
}
