import { sql, type Kysely } from 'kysely';
import { atomically } from './write.ts';
import type { LastUse } from '../store.ts';
import type { Tables } from './tables.ts';

/** Reads the last use from the two columns in which a row contains it. */
export function lastUseOf(row: {
  last_used_at: number | null;
  last_used_from: string | null;
}): LastUse | null {
  return row.last_used_at === null ? null : { at: Number(row.last_used_at), from: row.last_used_from ?? '' };
}

/**
 * The maximum number of rows in one statement. Databases limit the number of parameters, and each row needs three of
 * them.
 */
const rowsAtOnce = 500;

/**
 * Writes the times of last use with few statements and in one transaction. The key of a token is its hash; the key of a
 * robot is its name. The rows are sorted by key, so that two servers that update the same rows do not cause a deadlock.
 * If another server has already written a later time, that time is not overwritten.
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
