import type { KeyStore } from './storage/key-store.ts';
import { formatPairs, parsePairs } from '../files/pem.ts';
import type { Leaf } from './signing/signing-key.ts';

/** The signing keys of one generation, oldest first. */
export interface LeafSet {
  readonly generation: number;
  readonly leaves: readonly Leaf[];
}

/**
 * The signing keys are in the file `leaves-N.pem` with the highest number N, the generation. To add a key, a
 * process creates the file with the number N+1. Only one process can create it. So no lock is needed, and after a
 * crash a complete set remains.
 */
export const leavesName = (generation: number): string => `leaves-${generation}.pem`;

/** Reads the newest generation. Returns undefined at the first start. @throws DockpassError `key_files` */
export async function readLeafSet(keyStore: KeyStore): Promise<LeafSet | undefined> {
  for (;;) {
    const generation = newestGeneration(await keyStore.names());
    if (generation === undefined) return undefined;
    const name = leavesName(generation);
    const text = await keyStore.read(name);
    // Another process created a newer generation and removed this one between the two calls.
    if (text === undefined) continue;
    const fix = `${keyStore.moveAwayHint(name)}. dockpass then creates a new signing key at the next start, and registries need no change.`;
    return { generation, leaves: parsePairs(text, keyStore.describe(name), fix) };
  }
}

/** Returns false if another process created this generation first. Then its set is used. */
export async function succeedLeafSet(keyStore: KeyStore, set: LeafSet): Promise<boolean> {
  if (!(await keyStore.create(leavesName(set.generation), formatPairs(set.leaves)))) return false;
  const names = await keyStore.names();
  // A slow process may have created a generation that is older than the newest one. Then the newest one is used.
  if (newestGeneration(names) !== set.generation) return false;
  // One older generation is kept for processes that are just reading it.
  for (const name of names)
    if ((generationIn(name) ?? Infinity) < set.generation - 1) await keyStore.remove(name);
  return true;
}

/** Returns 0 or a higher number. Returns undefined if there is no generation. */
function newestGeneration(names: readonly string[]): number | undefined {
  const generations = names.flatMap((name) => generationIn(name) ?? []);
  return generations.length === 0 ? undefined : Math.max(...generations);
}

function generationIn(name: string): number | undefined {
  const digits = /^leaves-(\d+)\.pem$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
