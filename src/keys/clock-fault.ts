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
 * One day in milliseconds. The time of the build is accurate only to the day, and the clock of the build machine may be
 * fast.
 */
const day = 24 * 60 * 60 * 1000;

/**
 * Creates a function that reports a clock that shows an earlier time than the newest event in the database, or than the
 * build of dockpass. If the newest event is from another server whose clock is slightly fast, the clock of this server
 * can be right. So the function does not report that the newest event is ahead by up to `backdate`. Such a difference
 * does no harm, because each certificate is valid from a time that is `backdate` before its creation.
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

/** If the wall clock gains or loses more than this against the monotonic clock between two calls, it was set. */
const toleranceMs = 30_000;
/** If the clock was set, and then was not set again for this long, the new time counts as plausible. */
const settlingMs = 60 * 60 * 1000;

/**
 * Creates a function that reports a clock that was set by more than 30 seconds while the process ran. The report ends
 * when the clock is set back, or after an hour. The function must be called often, because it compares the clock with
 * its previous call.
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
