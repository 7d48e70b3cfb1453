import { builtAt, type Clock } from '../clock.ts';
import { DockpassError } from '../errors.ts';
import { backdate } from './rotation-schedule.ts';

/**
 * Returns why the clock of this machine cannot show the right time, as the beginning of a sentence without a full stop;
 * undefined if the time is plausible. While the time is not plausible, dockpass creates no certificate: a certificate
 * that begins in the future is useless, and one that begins in the past expires too early.
 */
export type ClockFault = () => string | undefined;

/**
 * One day in milliseconds. The clock may be this far behind the time of the build, because that time is accurate only
 * to the day, and the clock of the build machine may have been fast.
 */
const day = 24 * 60 * 60 * 1000;

/**
 * Creates a function that reports the clock of this machine if it is behind the newest event in the database, or behind
 * the build of dockpass. The newest event may come from another server whose clock is slightly fast. So the function
 * ignores a newest event that is ahead of this clock by at most `backdate`. Such a small difference does no harm,
 * because the validity of each certificate begins `backdate` before its creation.
 * @param newestEventAt the time of the newest event in the database; undefined if there is no event or no database
 * @param built the time at which dockpass was built; undefined if it is not known
 */
export function compareClock(
  clock: Clock,
  newestEventAt: number | undefined,
  built: number | undefined = builtAt,
): ClockFault {
  return () => {
    const now = clock();
    if (built !== undefined && now < built - day)
      return `the clock of this machine shows ${iso(now)}, which is before the day on which this version of dockpass was built (${iso(built)})`;
    if (newestEventAt !== undefined && now < newestEventAt - backdate)
      return `the clock of this machine shows ${iso(now)}, which is before the newest event in the database (${iso(newestEventAt)})`;
    return undefined;
  };
}

/**
 * Between two calls, the wall clock and the monotonic clock should advance equally. If the difference is larger than
 * this many milliseconds, someone has set the wall clock.
 */
const toleranceMs = 30_000;
/** If the clock was set, and then was not set again for this long, the new time counts as plausible. */
const settlingMs = 60 * 60 * 1000;

/**
 * Creates a function that reports the clock of this machine if it was changed by more than 30 seconds while the process
 * ran. The report ends when the change is undone, or after an hour without another change. Each call compares the clock
 * with the previous call, so the function must be called often.
 * @param monotonic a clock in milliseconds that cannot be set
 */
export function watchClock(clock: Clock, monotonic: () => number = () => performance.now()): ClockFault {
  let lastOffset = clock() - monotonic();
  let by = 0;
  let setAt = 0;
  return () => {
    const offset = clock() - monotonic();
    const change = offset - lastOffset;
    lastOffset = offset;
    if (Math.abs(change) > toleranceMs) {
      by += change;
      setAt = monotonic();
    }
    if (Math.abs(by) > toleranceMs && monotonic() - setAt > settlingMs) by = 0;
    if (Math.abs(by) <= toleranceMs) return undefined;
    const seconds = Math.round(Math.abs(by) / 1000);
    return `the clock of this machine was set ${by > 0 ? 'forward' : 'back'} by ${seconds} s while dockpass ran`;
  };
}

/** @throws DockpassError `clock_implausible` if the clock cannot show the right time */
export function requirePlausibleClock(clockFault: ClockFault): void {
  const fault = clockFault();
  if (fault !== undefined) throw implausibleClockError(fault);
}

export function implausibleClockError(fault: string): DockpassError {
  return new DockpassError(
    'clock_implausible',
    `no certificate is created, because ${fault}. Set the clock (timedatectl set-ntp true), then try again. If the clock is right, run "dockpass keys rotate --trust-clock".`,
  );
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
