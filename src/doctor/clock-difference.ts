import type { HttpAnswer } from './network/http-request.ts';

/**
 * The largest clock difference, in milliseconds, that doctor tolerates without a finding. Such a difference does no
 * harm, because a token is already valid one minute before it is issued, and because registries tolerate another
 * minute.
 */
export const tolerance = 60_000;

/**
 * Returns the number of milliseconds by which the clock of the answering server is ahead of `now`.
 * @returns undefined if the answer has no Date header (RFC 9110 section 6.6.1)
 */
export function clockDifference(answer: HttpAnswer, now: number): number | undefined {
  const date = Date.parse(answer.headers.date ?? '');
  return Number.isNaN(date) ? undefined : date - now;
}

/** Formats a clock difference as text, such as `59 min behind` or `59 min ahead of`. @param difference milliseconds */
export function formatDifference(difference: number): string {
  return `${formatAmount(Math.round(Math.abs(difference) / 1000))} ${difference < 0 ? 'behind' : 'ahead of'}`;
}

function formatAmount(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
