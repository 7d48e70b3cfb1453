import type { UsageDay } from '../../api/usage-types.ts';

/** One bar of the plot: a day, a week or a month. */
export interface Bucket {
  /** `29 Nov`, `24 – 30 Nov` or `Nov 2026`. */
  readonly label: string;
  readonly pulls: number;
  readonly pushes: number;
}

export interface TimeSeries {
  readonly unit: 'day' | 'week' | 'month';
  readonly buckets: readonly Bucket[];
}

const dayMs = 86_400_000;
/** The longest time that is shown by day, and the longest that is shown by week, in days. */
const maxDays = 31;
const maxWeekDays = 31 * 7;

/**
 * Sums up the days for a plot. Every day, week or month of the time has a bucket, also without any use. A long time has
 * weeks or months, so that the bars stay wide enough. Days are in UTC.
 * @param days in the order of the days
 * @param from the first day. Undefined: the first day with use
 * @param today such as `2026-11-29`
 */
export function createTimeSeries(
  days: readonly UsageDay[],
  from: string | undefined,
  today: string,
): TimeSeries {
  const last = toDay(today);
  const first = Math.min(from === undefined ? toDay(days[0]?.day ?? today) : toDay(from), last);
  const count = last - first + 1;
  const unit = count <= maxDays ? 'day' : count <= maxWeekDays ? 'week' : 'month';
  const sums = new Map<number, { pulls: number; pushes: number }>();
  for (let day = startOf(first, unit); day <= last; day = nextOf(day, unit))
    sums.set(day, { pulls: 0, pushes: 0 });
  for (const { day, pulls, pushes } of days) {
    // An event can have a time in the future. The plot ends today.
    const sum = sums.get(startOf(toDay(day), unit));
    if (sum === undefined) continue;
    sum.pulls += pulls;
    sum.pushes += pushes;
  }
  return { unit, buckets: [...sums].map(([day, sum]) => ({ label: labelOf(day, unit), ...sum })) };
}

function toDay(text: string): number {
  return Math.floor(Date.parse(`${text}T00:00:00Z`) / dayMs);
}

/** Returns the first day of the week or month. Weeks begin on Monday. */
function startOf(day: number, unit: TimeSeries['unit']): number {
  const date = new Date(day * dayMs);
  if (unit === 'week') return day - ((date.getUTCDay() + 6) % 7);
  return unit === 'month' ? day - date.getUTCDate() + 1 : day;
}

function nextOf(start: number, unit: TimeSeries['unit']): number {
  if (unit === 'week') return start + 7;
  if (unit === 'day') return start + 1;
  const date = new Date(start * dayMs);
  return Math.floor(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) / dayMs);
}

const ofDay = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
const ofMonth = new Intl.DateTimeFormat('en-GB', { month: 'short', year: 'numeric', timeZone: 'UTC' });

function labelOf(day: number, unit: TimeSeries['unit']): string {
  const start = new Date(day * dayMs);
  if (unit === 'month') return ofMonth.format(start);
  return unit === 'day' ? ofDay.format(start) : ofDay.formatRange(start, new Date((day + 6) * dayMs));
}

/**
 * Returns a round number that is at least as large as the largest bar. Its half is whole too, so that the axis can have
 * a line in the middle.
 */
export function roundUp(largest: number): number {
  if (largest <= 2) return 2;
  const power = 10 ** Math.floor(Math.log10(largest));
  const steps = [1, 1.2, 1.5, 2, 3, 4, 5, 6, 8, 10].map((factor) => Math.round(factor * power));
  return steps.find((step) => step >= largest && step % 2 === 0) ?? 10 * power;
}
