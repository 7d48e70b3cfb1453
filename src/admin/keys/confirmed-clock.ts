import type { Clock } from '../../clock.ts';
import { compareClock, type ClockFault } from '../../keys/clock-fault.ts';
import type { Store } from '../../store/store.ts';

/**
 * When an administrator confirms the clock, the database stores a fact with this name. Its value is the number of the
 * newest audit event at that moment. From then on, the clock is not compared with the times of this event and of all
 * earlier ones, because some of them may have been written while the clock was ahead.
 */
const confirmed = 'clock confirmed after audit event';

type Parts = Pick<Store, 'auditLog' | 'facts'>;

/**
 * Creates a function that compares the clock with the day of the build and the newest event in the database. The
 * database is read only now. Events that this process writes later have the time of the same clock, so they prove
 * nothing about it.
 * @param store undefined if there is no database
 */
export async function clockFaultFor(store: Parts | undefined, clock: Clock): Promise<ClockFault> {
  const afterSeq = Number((await store?.facts.read())?.get(confirmed) ?? 0);
  return compareClock(clock, await store?.auditLog.newestAt(afterSeq));
}

/**
 * Records that an administrator has confirmed that the clock is right. This is needed if the newest event in the
 * database has a later time than the clock.
 */
export async function confirmClock({ auditLog, facts }: Parts): Promise<void> {
  const head = await auditLog.head();
  if (head !== undefined) await facts.set(confirmed, String(head.seq));
}
