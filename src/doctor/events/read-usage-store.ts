import { openExistingStore } from '../../store/open-store.ts';
import type { Usage } from '../../store/store.ts';
import type { DoctorContext } from '../context.ts';

/**
 * Calls `read` with the stored events of the registries.
 * @returns undefined if the database does not exist or cannot be opened, which other probes report
 */
export async function withUsage<Result>(
  { store, config: { database, databaseOwnership } }: DoctorContext,
  read: (usage: Usage) => Promise<Result>,
): Promise<Result | undefined> {
  if (store !== undefined) return read(store.usage);
  const opened = await openExistingStore(database, databaseOwnership).catch(() => undefined);
  if (opened === undefined) return undefined;
  try {
    return await read(opened.usage);
  } finally {
    await opened.close();
  }
}
