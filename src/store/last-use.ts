import type { Kysely } from 'kysely';
import { atomically } from './sql-ports.ts';
import type { LastUse } from './store.ts';
import type { Tables } from './tables.ts';

/** A row's last use, from its two columns. */
export function lastUseOf(row: {
  last_used_at: number | null;
  last_used_from: string | null;
}): LastUse | null {
  return row.last_used_at === null ? null : { at: Number(row.last_used_at), from: row.last_used_from ?? '' };
}

/** Writes the times of last use, all or none. The key is the hash, for robots the name. */
export async function writeLastUses(
  database: Kysely<Tables>,
  table: 'access_tokens' | 'refresh_tokens' | 'robots',
  uses: ReadonlyMap<string, LastUse>,
): Promise<void> {
  await atomically(database, async (transaction) => {
    for (const [key, { at, from }] of uses) {
      const set = { last_used_at: at, last_used_from: from };
      if (table === 'robots')
        await transaction.updateTable('robots').set(set).where('name', '=', key).execute();
      else await transaction.updateTable(table).set(set).where('hash', '=', key).execute();
    }
  });
}
