export const dayMs = 86_400_000;

/** The day of a time in UTC, as the number of days since the epoch. */
export function dayOf(at: number): number {
  return Math.floor(at / dayMs);
}

/** The month of a day, as 12 * year + (0 to 11), in UTC. */
export function monthOf(day: number): number {
  const date = new Date(day * dayMs);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

/** The day before the first day of a month, so that a day of the month can be added. */
export function dayBeforeMonth(month: number): number {
  const first = new Date(0);
  first.setUTCFullYear(Math.floor(month / 12), month - Math.floor(month / 12) * 12, 1);
  return dayOf(first.getTime()) - 1;
}
