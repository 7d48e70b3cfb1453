import type { Kysely } from 'kysely';
import type { Tables } from '../tables.ts';
import type { Lock } from '../write.ts';

/**
 * Takes the lock for writes of usage. The statement makes SQLite take its write lock before the first query. If SQLite
 * took it later, the transaction would fail whenever another process has written in the meantime. Removes nothing.
 * @param lock for databases in which several transactions can write at the same time
 */
export async function takeUsageLock(transaction: Kysely<Tables>, lock?: Lock): Promise<void> {
  await lock?.(transaction, 'usage');
  await transaction.deleteFrom('usage_events').where('seq', '<', 0).execute();
}
