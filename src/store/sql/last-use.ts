import { sql, type Kysely } from 'kysely';
import { atomically } from './write.ts';
import type { LastUse } from '../store.ts';
import type { Tables } from './tables.ts';

/**
 * Converts two columns of a token or robot to the time and the address of its last use. Returns null if the token or
 * robot has never been used.
 */
export function lastUseOf(row: { last_used_at: number; last_used_from: string }): LastUse;
export function lastUseOf(row: {
  last_used_at: number | null;
  last_used_from: string | null;
}): LastUse | null;
export function lastUseOf(row: {
  last_used_at: number | null;
  last_used_from: string | null;
}): LastUse | null {
  return row.last_used_at === null ? null : { at: Number(row.last_used_at), from: row.last_used_from ?? '' };
}

/**
 * The maximum number of rows in one statement. It is limited because databases limit the number of parameters of a
 * statement, and each row needs three parameters.
 */
const rowsAtOnce = 500;

/**
 * Stores when tokens, sessions or robots were last used, and from which address, with few statements and in one
 * transaction. The keys of `uses` are hashes or robot names. The rows are sorted by key, so that two servers that
 * update the same rows do not cause a deadlock. If another server has already written a later time, that time is not
 * overwritten.
 */
export async function writeLastUses(
  database: Kysely<Tables>,
  table: 'access_tokens' | 'refresh_tokens' | 'console_sessions' | 'federated_sessions' | 'robots',
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
