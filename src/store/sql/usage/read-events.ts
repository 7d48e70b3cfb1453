import type { Kysely } from 'kysely';
import type { ArrivalQuery, EventPlace, EventQuery, ReceivedEvent } from '../../ports/usage/usage.ts';
import type { Tables } from '../tables.ts';
import { receivedEvent } from './rows.ts';

/**
 * Returns the events that count for some images, the latest first. Reads each image on its own: the index contains the
 * events of an image in the order of their times, so that a page costs the same however many events an image has.
 */
export async function readEvents(
  database: Kysely<Tables>,
  { images, actor, since, before, limit }: EventQuery,
): Promise<ReceivedEvent[]> {
  let found: ReceivedEvent[] = [];
  for (const image of images) {
    // Events that are older than a full page are not on it.
    const oldest = found.length < limit ? since : Math.max(since ?? -Infinity, found.at(-1)?.at ?? -Infinity);
    let rows = database
      .selectFrom('usage_events')
      .selectAll()
      .where('image', '=', image)
      .orderBy('at', 'desc')
      .orderBy('seq', 'desc')
      .limit(limit);
    if (actor !== undefined) rows = rows.where('actor', '=', actor);
    if (oldest !== undefined) rows = rows.where('at', '>=', oldest);
    if (before !== undefined) {
      const { at, seq } = before;
      rows = rows.where('at', '<=', at).where((is) => is.or([is('at', '<', at), is('seq', '<', seq)]));
    }
    const more = (await rows.execute()).map(receivedEvent);
    if (more.length > 0) found = [...found, ...more].sort(compareLatestFirst).slice(0, limit);
  }
  return found;
}

function compareLatestFirst(one: EventPlace, other: EventPlace): number {
  return other.at - one.at || other.seq - one.seq;
}

/** Returns events in the order of their arrival, the last one first. */
export async function readArrivals(
  database: Kysely<Tables>,
  { afterSeq, repository, limit }: ArrivalQuery,
): Promise<ReceivedEvent[]> {
  let rows = database.selectFrom('usage_events').selectAll().orderBy('seq', 'desc').limit(limit);
  if (afterSeq !== undefined) rows = rows.where('seq', '>', afterSeq);
  if (repository !== undefined) rows = rows.where('repository', '=', repository);
  return (await rows.execute()).map(receivedEvent);
}
