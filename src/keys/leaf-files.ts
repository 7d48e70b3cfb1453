import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DockpassError } from '../errors.ts';
import { createFile, formatPairs, isCode, readPairs } from './key-files.ts';
import type { Leaf } from './signing-key.ts';

/** The leaves of a directory as they stood at one generation; oldest first. */
export interface LeafSet {
  readonly generation: number;
  readonly leaves: readonly Leaf[];
}

/**
 * Leaves stand in `leaves-N.pem`; the highest N counts. A successor is made by creating N+1, which exactly one process
 * can: a compare-and-swap that needs no lock, and leaves a whole set wherever a crash falls.
 */
export const leavesFile = (directory: string, generation: number): string =>
  join(directory, `leaves-${generation}.pem`);

/** The newest generation; undefined on the first start. @throws DockpassError `key_files` */
export async function readLeafSet(directory: string): Promise<LeafSet | undefined> {
  for (;;) {
    const generation = await newestGeneration(directory);
    if (generation === undefined) return undefined;
    const leaves = await readPairs(leavesFile(directory, generation));
    // Gone between the two looks: another process has put a newer one in place and cleaned up.
    if (leaves !== undefined) return { generation, leaves };
  }
}

/** 0 and up; undefined where there is none. A cheap look: asked twice a second. */
export async function newestGeneration(directory: string): Promise<number | undefined> {
  const generations = (await namesIn(directory))
    .flatMap((name) => /^leaves-(\d+)\.pem$/.exec(name)?.[1] ?? [])
    .map(Number);
  return generations.length === 0 ? undefined : Math.max(...generations);
}

/** False where another process was first: then its set counts. */
export async function succeedLeafSet(directory: string, set: LeafSet): Promise<boolean> {
  if (!(await createFile(leavesFile(directory, set.generation), formatPairs(set.leaves), 0o600)))
    return false;
  // A slow process may have created a number that others have long left behind; then the highest counts, not ours.
  if ((await newestGeneration(directory)) !== set.generation) return false;
  await removeBefore(directory, set.generation - 1);
  return true;
}

/** One older generation stays, for whoever is just reading it. */
async function removeBefore(directory: string, generation: number): Promise<void> {
  for (const name of await namesIn(directory)) {
    const old = /^leaves-(\d+)\.pem$/.exec(name)?.[1];
    if (old !== undefined && Number(old) < generation) await rm(join(directory, name), { force: true });
  }
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (cause) {
    if (isCode(cause, 'ENOENT')) return [];
    throw new DockpassError('key_files', `cannot read ${directory}: give it to the user that runs dockpass`, {
      cause,
    });
  }
}
