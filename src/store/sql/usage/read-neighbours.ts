import type { Kysely } from 'kysely';
import { joinWindowMs } from '../../../events/count-pulls.ts';
import { readForKeys } from './many-rows.ts';
import type { Tables, UsageEventRow } from '../tables.ts';
import { storedEvent, type NewEvent, type StoredEvent } from './rows.ts';

interface Range {
  readonly fetcher: number;
  readonly from: number;
  to: number;
}

const wanted = {
  head: 'with wanted (fetcher, since, until) as (values ',
  types: ['bigint', 'bigint', 'bigint'],
} as const;

/**
 * Reads the stored fetches that can change what the new fetches count as, or whose count the new fetches can change. Of
 * equal fetches before the new ones, reads only the last one: earlier ones cannot change the result, and a busy client
 * has thousands of them in a minute.
 * @returns also fetches that have nothing to do with the new ones. Those before the new ones have the number 0
 */
export async function readNeighbours(
  transaction: Kysely<Tables>,
  events: readonly NewEvent[],
): Promise<StoredEvent[]> {
  const ranges = rangesOf(events).map(({ fetcher, from, to }) => [fetcher, from, to]);
  const before = await readForKeys<UsageEventRow>(
    transaction,
    {
      ...wanted,
      tail: `)
      select 0 as seq, '' as id, max(e.at) as at, e.kind, e.repository, e.tag, e.digest, e.media_type, e.children,
             e.actor, e.address, '' as host, 'private' as domain, '' as user_agent, null as outcome, null as image
        from wanted cross join usage_events e
       where e.fetcher = wanted.fetcher and e.at >= wanted.since - ${joinWindowMs} and e.at < wanted.since
         and (e.kind = 'head' or e.children is not null or e.media_type like '%list%' or e.media_type like '%index%')
       group by e.kind, e.repository, e.tag, e.digest, e.media_type, e.children, e.actor, e.address`,
    },
    ranges,
  );
  const after = await readForKeys<UsageEventRow>(
    transaction,
    {
      ...wanted,
      tail: `)
      select e.* from wanted cross join usage_events e
       where e.fetcher = wanted.fetcher and e.at >= wanted.since and e.at <= wanted.until + ${joinWindowMs}`,
    },
    ranges,
  );
  return [...before, ...after].map(storedEvent);
}

/**
 * Returns the times of the new fetches of each client, as ranges. Fetches that are further apart are in different
 * ranges, so that an event with a wrong time does not cause all events of a year to be read.
 */
function rangesOf(events: readonly NewEvent[]): Range[] {
  const ranges: Range[] = [];
  const last = new Map<number, Range>();
  for (const { fetcher, at } of [...events].sort((a, b) => a.at - b.at)) {
    if (fetcher === null) continue;
    const range = last.get(fetcher);
    // The windows of two ranges do not overlap, so no row is read twice.
    if (range !== undefined && at <= range.to + 2 * joinWindowMs + 1) {
      range.to = at;
      continue;
    }
    const next = { fetcher, from: at, to: at };
    last.set(fetcher, next);
    ranges.push(next);
  }
  return ranges;
}
