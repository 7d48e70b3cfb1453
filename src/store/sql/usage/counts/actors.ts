import type { Kysely } from 'kysely';
import { insertRows, readRows } from '../many-rows.ts';
import type { Tables } from '../../tables.ts';
import { keyOf } from '../keys.ts';
import { highestNumber } from '../rows.ts';

/** Returns the ids of actors in the table usage_actors. Adds the actors that are not there yet. */
export async function actorIds(
  transaction: Kysely<Tables>,
  names: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const ids = new Map<string, number>();
  const distinct = [...new Set(names)];
  const known = await readRows(
    transaction,
    'usage_actors',
    'name_key',
    'bytea',
    distinct.map((name) => keyOf(name)),
  );
  for (const { id, name } of known) ids.set(name, Number(id));
  const missing = distinct.filter((name) => !ids.has(name));
  if (missing.length === 0) return ids;
  const first = (await highestNumber(transaction, 'usage_actors', 'id')) + 1;
  const rows = missing.map((name, at) => ({ id: first + at, name_key: keyOf(name), name }));
  await insertRows(transaction, 'usage_actors', rows);
  for (const { id, name } of rows) ids.set(name, id);
  return ids;
}
