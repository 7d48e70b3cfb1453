import type { Clock } from '../../clock.ts';
import { compareClock, type ClockFault } from '../../keys/clock-fault.ts';
import type { Store } from '../../store/store.ts';

/**
 * The name of the fact that an administrator has confirmed the clock. Its value is the number of the newest audit event
 * at that moment. The times of this event and all earlier ones say nothing about the clock any more: some of them may
 * have been written while the clock was ahead.
 */
const confirmed = 'clock confirmed after audit event';

type Parts = Pick<Store, 'auditLog' | 'facts'>;

/**
 * Creates a function that compares the clock with the day of the build and the newest event in the database. The
 * database is read once, so that the events that this process writes do not make a wrong clock plausible.
 * @param store undefined if there is no database
 */
export async function clockFaultFor(store: Parts | undefined, clock: Clock): Promise<ClockFault> {
  const afterSeq = Number((await store?.facts.read())?.get(confirmed) ?? 0);
  return compareClock(clock, await store?.auditLog.newestAt(afterSeq));
}

/** Records that the clock is right, although an event in the database seems to be newer. */
export async function confirmClock({ auditLog, facts }: Parts): Promise<void> {
  const head = await auditLog.head();
  if (head !== undefined) await facts.set(confirmed, String(head.seq));
}
