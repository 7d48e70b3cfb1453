import type { Kysely } from 'kysely';
import type { PlacedEvent } from '../../../events/registry-event.ts';
import type { UsageTimes } from '../../ports/retention/history.ts';
import type { Tables } from '../tables.ts';

const first = 'first received';
const newest = 'newest event';

export async function readTimes(database: Kysely<Tables>): Promise<UsageTimes> {
  const rows = await database.selectFrom('usage_times').selectAll().execute();
  const times = new Map(rows.map(({ name, at }) => [name, Number(at)]));
  return { firstReceivedAt: times.get(first), newestEventAt: times.get(newest) };
}

/** Stores when the first event arrived, and the latest time at which an event happened or arrived. */
export async function recordTimes(
  transaction: Kysely<Tables>,
  events: readonly PlacedEvent[],
  receivedAt: number,
): Promise<void> {
  const { firstReceivedAt, newestEventAt } = await readTimes(transaction);
  const latest = events.reduce((last, { at }) => Math.max(last, at), receivedAt);
  if (firstReceivedAt === undefined) await setTime(transaction, first, receivedAt);
  if (newestEventAt === undefined || latest > newestEventAt) await setTime(transaction, newest, latest);
}

async function setTime(transaction: Kysely<Tables>, name: string, at: number): Promise<void> {
  await transaction
    .insertInto('usage_times')
    .values({ name, at })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ at }))
    .execute();
}
