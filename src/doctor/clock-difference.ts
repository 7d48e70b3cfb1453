import type { HttpAnswer } from './network/http-request.ts';

/** Milliseconds. Tokens are valid from one minute before they are issued, and registries allow one more minute. */
export const tolerance = 60_000;

/**
 * Milliseconds by which the clock of the server that answered is ahead of `now`.
 * @returns undefined if the answer has no Date header (RFC 9110 section 6.6.1)
 */
export function clockDifference(answer: HttpAnswer, now: number): number | undefined {
  const date = Date.parse(answer.headers.date ?? '');
  return Number.isNaN(date) ? undefined : date - now;
}

/** `59 min behind` or `59 min ahead of` */
export function formatDifference(difference: number): string {
  return `${formatAmount(Math.round(Math.abs(difference) / 1000))} ${difference < 0 ? 'behind' : 'ahead of'}`;
}

function formatAmount(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
