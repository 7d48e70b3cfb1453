import type { Kysely } from 'kysely';
import type { EventDomain } from '../../../events/registry-event.ts';
import type { ActorUsage, DayUsage, UsedImage, Usage } from '../../ports/usage/usage.ts';
import type { Tables, UsageImageRow, UsageMonthRow } from '../tables.ts';
import { readHistory, recordObservation } from '../retention/read-history.ts';
import { readTimes } from '../retention/times.ts';
import { atomically, type Lock, type Write } from '../write.ts';
import { dayBeforeMonth, dayMs, monthOf } from './calendar.ts';
import { inChunks } from './chunks.ts';
import { keyOfImage } from './counts/images.ts';
import { keyOf } from './keys.ts';
import { takeUsageLock } from './lock.ts';
import { readRows } from './many-rows.ts';
import { decodeCells, visitCells } from './counts/month-cells.ts';
import { readArrivals, readEvents } from './read-events.ts';
import { recordEvents } from './record.ts';
import { numberOrNull } from './rows.ts';

const eventDomains: readonly EventDomain[] = ['public', 'private'];

/** The number of events that one call of `prune` removes. */
const prunedAtOnce = 500;

export function sqlUsage(database: Kysely<Tables>, write: Write, lock?: Lock): Usage {
  const namesOf = async (ids: ReadonlySet<number>): Promise<ReadonlyMap<number, string>> => {
    const rows = await readRows(database, 'usage_actors', 'id', 'bigint', [...ids]);
    return new Map(rows.map(({ id, name }) => [Number(id), name]));
  };
  return {
    record: (events, receivedAt) => write(() => recordEvents(database, events, receivedAt, lock)),
    images: async ({ limit, afterId, repository, usedSince }) => {
      let query = database
        .selectFrom('usage_images')
        .selectAll()
        .where('id', '>', afterId)
        .orderBy('id')
        .limit(limit);
      if (repository !== undefined) query = query.where('repository_key', '=', keyOf(repository));
      if (usedSince !== undefined)
        query = query.where((is) =>
          is.or([is('last_pulled_at', '>=', usedSince), is('last_pushed_at', '>=', usedSince)]),
        );
      return (await query.execute()).map(imageOf);
    },
    days: async (images, fromDay, actor) => {
      const wanted = actor === undefined ? undefined : await actorId(database, actor);
      if (actor !== undefined && wanted === undefined) return [];
      const found: (Omit<DayUsage, 'actor'> & { readonly actorId: number })[] = [];
      for (const some of inChunks(images)) {
        for (const { image, month, cells } of await readMonths(database, some, fromDay)) {
          const before = dayBeforeMonth(Number(month));
          for (const cell of decodeCells(cells)) {
            const day = before + cell.day;
            if (day < fromDay || (wanted !== undefined && cell.actor !== wanted)) continue;
            const timeOf = (second: number | undefined): number | null =>
              second === undefined ? null : day * dayMs + second * 1000;
            found.push({
              image: Number(image),
              day,
              actorId: cell.actor,
              pulls: cell.pulls,
              lastPulledAt: timeOf(cell.lastPull),
              pushes: cell.pushes,
              lastPushedAt: timeOf(cell.lastPush),
            });
          }
        }
      }
      if (actor !== undefined) return found.map(({ actorId: _, ...usage }) => ({ ...usage, actor }));
      const names = await namesOf(new Set(found.map(({ actorId: id }) => id)));
      return found.map(({ actorId: id, ...usage }) => ({ ...usage, actor: names.get(id) ?? '' }));
    },
    dayTotals: async (images, fromDay, actor) => {
      const wanted = actor === undefined ? undefined : await actorId(database, actor);
      if (actor !== undefined && wanted === undefined) return [];
      const totals = new Map<number, { pulls: number; pushes: number }>();
      for (const some of inChunks(images)) {
        for (const { month, cells } of await readMonths(database, some, fromDay)) {
          const before = dayBeforeMonth(Number(month));
          visitCells(cells, (dayOfMonth, cellActor, pulls, pushes) => {
            const day = before + dayOfMonth;
            if (day < fromDay || (wanted !== undefined && cellActor !== wanted)) return;
            const total = totals.get(day);
            if (total === undefined) totals.set(day, { pulls, pushes });
            else {
              total.pulls += pulls;
              total.pushes += pushes;
            }
          });
        }
      }
      return [...totals].map(([day, total]) => ({ day, ...total })).sort((a, b) => a.day - b.day);
    },
    named: async (repository, references) => {
      const keys = references.flatMap((reference) =>
        eventDomains.map((domain) =>
          keyOfImage(repository, reference.tag, reference.tag === null ? reference.digest : null, domain),
        ),
      );
      return (await readRows(database, 'usage_images', 'image_key', 'bytea', keys)).map(imageOf);
    },
    between: async (images, from, to) => {
      const found: ActorUsage[] = [];
      for (const some of inChunks(images)) {
        const rows = await database
          .selectFrom('usage_events')
          .select(['image', 'actor'])
          .select((is) => [
            is.fn.count<number>('seq').filterWhere('outcome', '=', 'pull').as('pulls'),
            is.fn.max<number | null>('at').filterWhere('outcome', 'in', ['pull', 'child']).as('pulled'),
            is.fn.count<number>('seq').filterWhere('outcome', '=', 'push').as('pushes'),
            is.fn.max<number | null>('at').filterWhere('outcome', '=', 'push').as('pushed'),
          ])
          .where('image', 'in', some)
          .where('at', '>=', from)
          .where('at', '<', to)
          .groupBy(['image', 'actor'])
          .execute();
        for (const { image, actor, pulls, pulled, pushes, pushed } of rows)
          found.push({
            image: Number(image),
            actor,
            pulls: Number(pulls),
            lastPulledAt: numberOrNull(pulled),
            pushes: Number(pushes),
            lastPushedAt: numberOrNull(pushed),
          });
      }
      return found;
    },
    events: (query) => readEvents(database, query),
    arrivals: (query) => readArrivals(database, query),
    history: (repository) => readHistory(database, repository),
    observe: (repository, observed, at) =>
      write(() =>
        atomically(database, async (transaction) => {
          await takeUsageLock(transaction, lock);
          await recordObservation(transaction, repository, observed, at);
        }),
      ),
    pushedSince: async (repository, at) => {
      const rows = await database
        .selectFrom('usage_manifests')
        .select('digest')
        .where('repository_key', '=', keyOf(repository))
        .where('pushed_at', '>=', at)
        .execute();
      return rows.map(({ digest }) => digest);
    },
    times: () => readTimes(database),
    prune: (receivedBefore) =>
      write(() =>
        atomically(database, async (transaction) => {
          await lock?.(transaction, 'usage');
          const oldest = await transaction
            .selectFrom('usage_events')
            .select(['seq', 'received_at'])
            .orderBy('seq')
            .limit(prunedAtOnce)
            .execute();
          const kept = oldest.findIndex(({ received_at }) => Number(received_at) >= receivedBefore);
          const last = oldest[(kept < 0 ? oldest.length : kept) - 1];
          if (last === undefined) return 0;
          const removal = transaction.deleteFrom('usage_events').where('seq', '<=', last.seq);
          return Number((await removal.executeTakeFirst()).numDeletedRows);
        }),
      ),
  };
}

function readMonths(
  database: Kysely<Tables>,
  images: readonly number[],
  fromDay: number,
): Promise<UsageMonthRow[]> {
  return database
    .selectFrom('usage_months')
    .selectAll()
    .where('image', 'in', images)
    .where('month', '>=', monthOf(fromDay))
    .execute();
}

async function actorId(database: Kysely<Tables>, name: string): Promise<number | undefined> {
  const row = database.selectFrom('usage_actors').select('id').where('name_key', '=', keyOf(name));
  const found = await row.executeTakeFirst();
  return found && Number(found.id);
}

function imageOf(row: UsageImageRow): UsedImage {
  return {
    id: Number(row.id),
    repository: row.repository,
    tag: row.tag,
    digest: row.digest,
    domain: row.domain as EventDomain,
    pulls: Number(row.pulls),
    lastPulledAt: numberOrNull(row.last_pulled_at),
    lastPulledBy: row.last_pulled_by,
    pushes: Number(row.pushes),
    lastPushedAt: numberOrNull(row.last_pushed_at),
    lastPushedBy: row.last_pushed_by,
  };
}
