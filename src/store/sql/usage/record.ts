import type { Kysely } from 'kysely';
import type { PlacedEvent } from '../../../events/registry-event.ts';
import { insertRows, readForKeys } from './many-rows.ts';
import type { Tables, UsageEventRow } from '../tables.ts';
import { recordHistory } from '../retention/record-history.ts';
import { atomically, type Lock } from '../write.ts';
import { recordTimes } from '../retention/times.ts';
import { actorIds } from './counts/actors.ts';
import { decideOutcomes } from './decide-outcomes.ts';
import { openImages } from './counts/images.ts';
import { hexKeyOf } from './keys.ts';
import { takeUsageLock } from './lock.ts';
import { openMonths } from './counts/months.ts';
import { readNeighbours } from './read-neighbours.ts';
import { newEvent, toRow, type NewEvent, type Outcome } from './rows.ts';
import { addEvent, removeFetch } from './counts/tally.ts';
import { highestNumber } from './rows.ts';

/**
 * Stores events and counts them in one transaction.
 * @param lock see `takeUsageLock`
 * @returns the number of new events
 */
export function recordEvents(
  database: Kysely<Tables>,
  received: readonly PlacedEvent[],
  receivedAt: number,
  lock?: Lock,
): Promise<number> {
  return atomically(database, async (transaction) => {
    await takeUsageLock(transaction, lock);
    return recordWithin(transaction, received, receivedAt);
  });
}

async function recordWithin(
  transaction: Kysely<Tables>,
  received: readonly PlacedEvent[],
  receivedAt: number,
): Promise<number> {
  const events = await withoutKnown(transaction, received);
  if (events.length === 0) return 0;
  const stored = await readNeighbours(transaction, events);
  const { outcomes, recounted } = decideOutcomes(events, stored);
  const counted = [...outcomes];
  const again = recounted.map(({ event, outcome }): [PlacedEvent, Outcome] => [event, outcome]);
  const images = await openImages(
    transaction,
    [...counted, ...again],
    recounted.flatMap(({ event }) => event.image ?? []),
  );

  const seq = await highestNumber(transaction, 'usage_events', 'seq');
  const rows = events.map((event, at) => {
    const outcome = outcomes.get(event);
    const image = outcome && images.get(event, outcome).id;
    return toRow(event, seq + 1 + at, receivedAt, outcome, image);
  });
  await insertRows(transaction, 'usage_events', rows);

  const changed = recounted.filter(
    ({ event, outcome }) => event.outcome !== outcome.counts || event.image !== images.get(event, outcome).id,
  );
  for (const { event, outcome } of changed)
    await transaction
      .updateTable('usage_events')
      .set({ outcome: outcome.counts, image: images.get(event, outcome).id })
      .where('seq', '=', event.seq)
      .execute();

  const added = [
    ...counted,
    ...changed.map(({ event, outcome }): [PlacedEvent, Outcome] => [event, outcome]),
  ];
  const actors = await actorIds(
    transaction,
    added.map(([{ actor }]) => actor),
  );
  const months = await openMonths(transaction, [
    ...added.map(([event, outcome]) => ({ image: images.get(event, outcome).id, at: event.at })),
    ...changed.flatMap(({ event: { image, at } }) => (image === null ? [] : { image, at })),
  ]);
  for (const [event, outcome] of added) {
    const image = images.get(event, outcome);
    addEvent(image, months.cell(image.id, actors.get(event.actor) as number, event.at), event, outcome);
  }
  for (const { event } of changed) {
    if (event.image === null) continue;
    const cell = months.cell(event.image, actors.get(event.actor) as number, event.at);
    await removeFetch(transaction, images.byId(event.image), cell, event);
  }
  await months.write();
  await images.write();
  // The image of a probe is gone, and its event does not prove that the events of clients arrive.
  const foreign = events.filter(({ isProbe }) => isProbe !== true);
  if (foreign.length > 0) {
    await recordHistory(transaction, foreign);
    await recordTimes(transaction, foreign, receivedAt);
  }
  return events.length;
}

/** Returns the events that are not stored yet, each one once. A registry sends an event again with the same id and time. */
async function withoutKnown(
  transaction: Kysely<Tables>,
  received: readonly PlacedEvent[],
): Promise<NewEvent[]> {
  const events = new Map<string, NewEvent>();
  for (const event of received) {
    const idKey = hexKeyOf(event.id);
    const name = nameOf(event.at, idKey);
    if (!events.has(name)) events.set(name, newEvent(event, Buffer.from(idKey, 'hex')));
  }
  const known = await readForKeys<Pick<UsageEventRow, 'at' | 'id_key'>>(
    transaction,
    {
      head: 'with wanted (at, id_key) as (values ',
      types: ['bigint', 'bytea'],
      tail: `)
        select e.at, e.id_key from wanted cross join usage_events e
         where e.at = wanted.at and e.id_key = wanted.id_key`,
    },
    [...events.values()].map(({ at, idKey }) => [at, idKey]),
  );
  for (const { at, id_key } of known) events.delete(nameOf(at, Buffer.from(id_key).toString('hex')));
  return [...events.values()];
}

function nameOf(at: number, idKey: string): string {
  return `${at} ${idKey}`;
}
