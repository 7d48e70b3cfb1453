import type { Clock } from '../../clock.ts';
import type { Store } from '../../store/store.ts';
import { readWritesStop, startWrites, stopWrites, type WritesStop } from '../../writes/writes-stop.ts';
import { change } from '../change.ts';

/**
 * Makes the edge stop pushes and deletions, until someone starts them again.
 * @param directory the folder that the edge looks into
 * @returns who has stopped them before. Undefined if no one has
 * @throws DockpassError `data_directory`
 */
export async function stopWritesByHand(
  store: Store,
  clock: Clock,
  directory: string,
  by: string,
): Promise<WritesStop | undefined> {
  const before = await readWritesStop(directory);
  if (before !== undefined) return before;
  await change(store, clock, { subject: '', what: 'writes stopped' }, () =>
    stopWrites(directory, { since: clock(), by, reason: 'command' }),
  );
  return undefined;
}

/**
 * Makes the edge pass on pushes and deletions again.
 * @returns who had stopped them. Undefined if they were not stopped
 * @throws DockpassError `data_directory`
 */
export async function startWritesByHand(
  store: Store,
  clock: Clock,
  directory: string,
): Promise<WritesStop | undefined> {
  const before = await readWritesStop(directory);
  if (before === undefined) return undefined;
  await change(store, clock, { subject: '', what: 'writes started' }, () => startWrites(directory));
  return before;
}
