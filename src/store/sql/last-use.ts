import { sql, type Kysely } from 'kysely';
import { atomically } from './write.ts';
import type { LastUse } from '../store.ts';
import type { Tables } from './tables.ts';

/** Reads the last use from the two columns of a row. */
export function lastUseOf(row: {
  last_used_at: number | null;
  last_used_from: string | null;
}): LastUse | null {
  return row.last_used_at === null ? null : { at: Number(row.last_used_at), from: row.last_used_from ?? '' };
}

/** Rows in one statement. Databases limit the parameters of a statement, and each row has three. */
const rowsAtOnce = 500;

/**
 * Writes the times of last use in few statements, all or none. The rows are sorted by key, so that two servers with
 * the same secrets wait for each other instead of blocking each other forever (deadlock). The key is the hash; for
 * robots it is the name. A later use that another server wrote stays.
 */
export async function writeLastUses(
  database: Kysely<Tables>,
  table: 'access_tokens' | 'refresh_tokens' | 'robots',
  uses: ReadonlyMap<string, LastUse>,
): Promise<void> {
  const sorted = [...uses].sort(([one], [other]) => (one < other ? -1 : 1));
  const key = sql.ref(table === 'robots' ? 'robots.name' : `${table}.hash`);
  await atomically(database, async (transaction) => {
    for (let at = 0; at < sorted.length; at += rowsAtOnce) {
      const rows = sorted
        .slice(at, at + rowsAtOnce)
        .map(([name, { at: time, from }]) => sql`(${name}, cast(${time} as bigint), ${from})`);
      await sql`with uses (key, at, origin) as (values ${sql.join(rows)})
        update ${sql.table(table)} set last_used_at = uses.at, last_used_from = uses.origin from uses
        where ${key} = uses.key and coalesce(last_used_at, 0) <= uses.at`.execute(transaction);
    }
  });
}
