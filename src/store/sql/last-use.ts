import { sql, type Kysely } from 'kysely';
import { atomically } from './write.ts';
import type { LastUse } from '../store.ts';
import type { Tables } from './tables.ts';

/** A row's last use, from its two columns. */
export function lastUseOf(row: {
  last_used_at: number | null;
  last_used_from: string | null;
}): LastUse | null {
  return row.last_used_at === null ? null : { at: Number(row.last_used_at), from: row.last_used_from ?? '' };
}

/** Rows to one statement: databases bound its parameters, of which each row has three. */
const rowsAtOnce = 500;

/**
 * Writes the times of last use, all or none, in few statements: one for each row would be a round trip for each. In order
 * of their keys, so that of two servers with the same secrets one waits for the other. The key is the hash, for robots
 * the name. A later use that another server has written stays.
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
