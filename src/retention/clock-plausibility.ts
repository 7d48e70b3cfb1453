/** What the clock of this machine is compared with. Times are in milliseconds since the epoch. */
export interface ClockEvidence {
  /** The clock of this machine. */
  readonly now: number;
  /** The header `Date` of an answer that the registry has just sent. Undefined if it sends none. */
  readonly registryDate: number | undefined;
  /** The time of the newest event that was stored before this plan. Undefined if there is none. */
  readonly newestEventAt: number | undefined;
}

/** How far the clocks of dockpass and of the registry may differ, in milliseconds. */
const toleranceMs = 5 * 60 * 1000;
/**
 * If no event has arrived for this long, in milliseconds, the clock may be ahead, or events do not arrive. In both cases
 * nothing may be deleted. A plan reads manifests, which the registry reports, so a plan in each month is enough.
 */
const longestSilenceMs = 35 * 24 * 60 * 60 * 1000;

/**
 * Returns why the clock of this machine may be wrong, as a sentence without a full stop. Undefined if it is plausible.
 * With a wrong clock, everything would seem old, so `plan` and `apply` do nothing.
 */
export function findClockFault({ now, registryDate, newestEventAt }: ClockEvidence): string | undefined {
  if (registryDate !== undefined && Math.abs(now - registryDate) > toleranceMs)
    return `the clock of this machine shows ${iso(now)}, but the clock of the registry shows ${iso(registryDate)}`;
  if (newestEventAt === undefined) return undefined;
  if (now < newestEventAt - toleranceMs)
    return `the clock of this machine shows ${iso(now)}, which is before the newest event of the registry (${iso(newestEventAt)})`;
  if (now > newestEventAt + longestSilenceMs)
    return `the clock of this machine shows ${iso(now)}, but the newest event of the registry is from ${iso(newestEventAt)}. Either the clock is ahead, or events do not arrive`;
  return undefined;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
