import type { KeyStore } from './storage/key-store.ts';
import { formatPairs, parsePairs } from '../files/pem.ts';
import type { Leaf } from './signing/signing-key.ts';

/** The leaves as they stood at one generation; oldest first. */
export interface LeafSet {
  readonly generation: number;
  readonly leaves: readonly Leaf[];
}

/**
 * Leaves stand in `leaves-N.pem`; the highest N counts. A successor is made by creating N+1, which exactly one process
 * can: a compare-and-swap that needs no lock, and leaves a whole set wherever a crash falls.
 */
export const leavesName = (generation: number): string => `leaves-${generation}.pem`;

/** The newest generation; undefined on the first start. @throws DockpassError `key_files` */
export async function readLeafSet(keep: KeyStore): Promise<LeafSet | undefined> {
  for (;;) {
    const generation = newestGeneration(await keep.names());
    if (generation === undefined) return undefined;
    const name = leavesName(generation);
    const text = await keep.read(name);
    // Gone between the two looks: another process has put a newer one in place and cleaned up.
    if (text === undefined) continue;
    const mend = `${keep.takeAway(name)}, and a new one is made at the next start (no registry notices)`;
    return { generation, leaves: parsePairs(text, keep.place(name), mend) };
  }
}

/** False where another process was first: then its set counts. */
export async function succeedLeafSet(keep: KeyStore, set: LeafSet): Promise<boolean> {
  if (!(await keep.create(leavesName(set.generation), formatPairs(set.leaves)))) return false;
  const names = await keep.names();
  // A slow process may have created a number that others have long left behind; then the highest counts, not ours.
  if (newestGeneration(names) !== set.generation) return false;
  // One older generation stays, for whoever is just reading it.
  for (const name of names)
    if ((generationIn(name) ?? Infinity) < set.generation - 1) await keep.remove(name);
  return true;
}

/** 0 and up; undefined where there is none. */
function newestGeneration(names: readonly string[]): number | undefined {
  const generations = names.flatMap((name) => generationIn(name) ?? []);
  return generations.length === 0 ? undefined : Math.max(...generations);
}

function generationIn(name: string): number | undefined {
  const digits = /^leaves-(\d+)\.pem$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
