import type { TimeSeries } from './time-series.ts';

const numbers = new Intl.NumberFormat('en-GB');

/** Formats a number with separators: `1,234`. */
export function formatCount(count: number): string {
  return numbers.format(count);
}

/** Formats a number with its noun: `1 pull`, `1,234 pulls`. */
export function countOf(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : plural}`;
}

/** Says in a sentence what the plot shows. It is the text alternative of the plot, next to its table. */
export function describeSeries({ unit, buckets }: TimeSeries): string {
  const pulls = buckets.reduce((sum, bucket) => sum + bucket.pulls, 0);
  const best = buckets.reduce((one, other) => (other.pulls > one.pulls ? other : one), buckets[0] ?? empty);
  const time = `${buckets[0]?.label ?? ''} to ${buckets.at(-1)?.label ?? ''}`;
  const most = pulls === 0 ? '' : `, at most ${formatCount(best.pulls)} (${best.label})`;
  return `Pulls by ${unit}, ${time}: ${formatCount(pulls)} in all${most}.`;
}

const empty = { label: '', pulls: 0, pushes: 0 };
