import type { Kysely } from 'kysely';
import type { PlacedEvent } from '../../../../events/registry-event.ts';
import type { Tables, UsageImageRow } from '../../tables.ts';
import { dayMs, dayOf } from '../calendar.ts';
import type { Outcome } from '../rows.ts';
import { secondOf, type MutableCell } from './months.ts';

/** Adds an event to the counts of an image. */
export function addEvent(
  image: UsageImageRow,
  cell: MutableCell,
  event: PlacedEvent,
  outcome: Outcome,
): void {
  const { at, actor, digest } = event;
  const second = secondOf(at);
  if (outcome.counts === 'push') {
    image.pushes++;
    cell.pushes++;
    cell.lastPush = Math.max(cell.lastPush ?? 0, second);
    if (isLater(at, actor, image.last_pushed_at, image.last_pushed_by)) {
      image.last_pushed_at = at;
      image.last_pushed_by = actor;
    }
  } else {
    const pulls = outcome.counts === 'pull' ? 1 : 0;
    image.pulls += pulls;
    cell.pulls += pulls;
    cell.lastPull = Math.max(cell.lastPull ?? 0, second);
    if (isLater(at, actor, image.last_pulled_at, image.last_pulled_by)) {
      image.last_pulled_at = at;
      image.last_pulled_by = actor;
    }
  }
  if (isLater(at, digest ?? '', image.digest_at, image.digest)) {
    image.digest_at = at;
    image.digest = digest;
  }
}

/** True if a value with a time replaces another one. At the same time, the greater text counts, in any order of events. */
function isLater(at: number, text: string, otherAt: number | null, other: string | null): boolean {
  return otherAt === null || at > otherAt || (at === otherAt && text > (other ?? ''));
}

/**
 * Removes a pull or a child from the counts of an image, because it now counts for another one or as something else.
 * The stored event must already have its new image.
 */
export async function removeFetch(
  transaction: Kysely<Tables>,
  image: UsageImageRow,
  cell: MutableCell,
  event: PlacedEvent & { readonly outcome: string | null },
): Promise<void> {
  if (event.outcome === 'pull') {
    image.pulls--;
    cell.pulls--;
  }
  const fetches = (from: number, to: number) =>
    transaction
      .selectFrom('usage_events')
      .select(['at', 'actor', 'digest'])
      .where('image', '=', image.id)
      .where('at', '>=', from)
      .where('at', '<=', to)
      .where('outcome', 'in', ['pull', 'child'])
      .orderBy('at', 'desc');
  if (cell.lastPull === secondOf(event.at)) {
    const start = dayOf(event.at) * dayMs;
    const last = await fetches(start, start + dayMs - 1)
      .where('actor', '=', event.actor)
      .limit(1)
      .executeTakeFirst();
    if (last !== undefined) cell.lastPull = secondOf(Number(last.at));
    // If the events of other pulls are no longer stored, the time stays as it is.
    else if (cell.pulls === 0) cell.lastPull = undefined;
  }
  if (image.last_pulled_at === event.at) {
    const last = await fetches(0, Number.MAX_SAFE_INTEGER).limit(1).executeTakeFirst();
    if (last !== undefined) {
      const at = Number(last.at);
      const latest = await fetches(at, at).execute();
      image.last_pulled_at = at;
      image.last_pulled_by = greatest(latest.map(({ actor }) => actor));
    } else if (image.pulls === 0) image.last_pulled_at = image.last_pulled_by = null;
  }
  if (image.digest_at === event.at) {
    const last = await transaction
      .selectFrom('usage_events')
      .select('at')
      .where('image', '=', image.id)
      .orderBy('at', 'desc')
      .limit(1)
      .executeTakeFirst();
    if (last === undefined) return;
    const latest = await transaction
      .selectFrom('usage_events')
      .select('digest')
      .where('image', '=', image.id)
      .where('at', '=', last.at)
      .execute();
    image.digest_at = Number(last.at);
    image.digest = greatest(latest.map(({ digest }) => digest ?? '')) || null;
  }
}

function greatest(texts: readonly string[]): string {
  return texts.reduce((one, other) => (one > other ? one : other), '');
}
