import type { HttpAnswer } from './network/http-request.ts';

/**
 * The largest clock difference, in milliseconds, that doctor does not report. Such a difference does no harm, because a
 * token is valid from one minute before it is issued, and registries allow another minute.
 */
export const tolerance = 60_000;

/**
 * Returns by how many milliseconds the clock of the server that answered is ahead of `now`.
 * @returns undefined if the answer has no Date header (RFC 9110 section 6.6.1)
 */
export function clockDifference(answer: HttpAnswer, now: number): number | undefined {
  const date = Date.parse(answer.headers.date ?? '');
  return Number.isNaN(date) ? undefined : date - now;
}

/** Formats a clock difference, given in milliseconds, as text: for example `59 min behind` or `59 min ahead of`. */
export function formatDifference(difference: number): string {
  return `${formatAmount(Math.round(Math.abs(difference) / 1000))} ${difference < 0 ? 'behind' : 'ahead of'}`;
}

function formatAmount(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
