import { formatTime } from '../admin/views/time.ts';

/** Formats the time of an event to the second, as in RFC 3339. @param at in milliseconds since the epoch */
export function formatEventTime(at: number | null | undefined): string | null {
  return at === null || at === undefined ? null : formatTime(Math.floor(at / 1000));
}
