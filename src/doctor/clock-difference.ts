import type { HttpAnswer } from './http-request.ts';

/** Milliseconds. Tokens are backdated by a minute, and registries allow for another; half of that is near enough. */
export const tolerance = 60_000;

/** Milliseconds by which the one who answered is ahead of us. Undefined where it says no date (RFC 9110 section 6.6.1). */
export function clockDifference(answer: HttpAnswer, now: number): number | undefined {
  const date = Date.parse(answer.headers.date ?? '');
  return Number.isNaN(date) ? undefined : date - now;
}

/** `59 min behind` */
export function formatDifference(difference: number): string {
  const seconds = Math.round(Math.abs(difference) / 1000);
  const amount =
    seconds < 120
      ? `${seconds} s`
      : seconds < 7200
        ? `${Math.round(seconds / 60)} min`
        : seconds < 172_800
          ? `${Math.round(seconds / 3600)} h`
          : `${Math.round(seconds / 86_400)} days`;
  return `${amount} ${difference < 0 ? 'behind' : 'ahead of'}`;
}
