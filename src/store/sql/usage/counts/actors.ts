import type { Kysely } from 'kysely';
import type { Tables } from '../../tables.ts';
import { inChunks } from '../chunks.ts';
import { keyOf } from '../keys.ts';
import { highestNumber } from '../rows.ts';

/** Returns the ids of actors in the table usage_actors. Adds the actors that are not there yet. */
export async function actorIds(
  transaction: Kysely<Tables>,
  names: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const ids = new Map<string, number>();
  const distinct = [...new Set(names)];
  for (const some of inChunks(distinct)) {
    const rows = await transaction
      .selectFrom('usage_actors')
      .select(['id', 'name'])
      .where(
        'name_key',
        'in',
        some.map((name) => keyOf(name)),
      )
      .execute();
    for (const { id, name } of rows) ids.set(name, Number(id));
  }
  const missing = distinct.filter((name) => !ids.has(name));
  if (missing.length === 0) return ids;
  const first = (await highestNumber(transaction, 'usage_actors', 'id')) + 1;
  const rows = missing.map((name, at) => ({ id: first + at, name_key: keyOf(name), name }));
  for (const some of inChunks(rows)) await transaction.insertInto('usage_actors').values(some).execute();
  for (const { id, name } of rows) ids.set(name, id);
  return ids;
}
