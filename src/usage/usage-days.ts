import type { Store } from '../store/store.ts';
import { readImages, type UsageQuestion } from './read-usage.ts';

/** How often images were used on one day. */
export interface UsageDay {
  /** The day in UTC, such as `2026-11-29`. */
  readonly day: string;
  readonly pulls: number;
  readonly pushes: number;
}

export type UsageDaysQuestion = Pick<UsageQuestion, 'repository' | 'tag' | 'by' | 'since' | 'isVisible'>;

/** The number of images whose days are read at once. */
const limit = 200;
const dayMs = 86_400_000;
/** A day before each time that an event can have. */
const earliestDay = -100_000_000;

/**
 * Counts the pulls and pushes of each day, in the order of the days. The day of `since` counts as a whole. Days without
 * use are left out.
 */
export async function readUsageDays(
  { usage }: Pick<Store, 'usage'>,
  { repository, tag, by, since, isVisible }: UsageDaysQuestion,
): Promise<UsageDay[]> {
  const fromDay = since === undefined ? earliestDay : Math.floor(since / dayMs);
  const days = new Map<number, { pulls: number; pushes: number }>();
  const usedSince = since === undefined ? undefined : fromDay * dayMs;
  for await (const images of readImages(
    usage,
    { repository, tag, isVisible },
    { afterId: 0, usedSince, limit },
  )) {
    const totals = await usage.dayTotals(
      images.map(({ id }) => id),
      fromDay,
      by,
    );
    for (const { day, pulls, pushes } of totals) {
      const sum = days.get(day) ?? { pulls: 0, pushes: 0 };
      days.set(day, { pulls: sum.pulls + pulls, pushes: sum.pushes + pushes });
    }
  }
  return [...days]
    .filter(([, { pulls, pushes }]) => pulls > 0 || pushes > 0)
    .sort(([one], [other]) => one - other)
    .map(([day, counts]) => ({ day: formatDay(day), ...counts }));
}

/** Formats a day. Years before 0 and after 9999 have a sign and six digits, as in ECMAScript. */
function formatDay(day: number): string {
  return new Date(day * dayMs).toISOString().replace(/T.*$/, '');
}
