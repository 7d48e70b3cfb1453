import type { Clock } from '../clock.ts';
import type { Ports, Store } from '../store/store.ts';

/** What the audit row of a change says. */
export interface ChangeDescription {
  /** The name of the user or robot that it is about; empty if there is none. */
  readonly subject: string;
  /** What was done, for example `user alice disabled`. */
  readonly what: string;
}

/**
 * Runs an administrative change and writes its audit row in the same transaction. If `work` throws, or if the audit row
 * cannot be written, nothing is changed.
 * @param work gets the tables within the transaction, and the time of the change in seconds since the epoch
 */
export function change<Result>(
  store: Store,
  clock: Clock,
  { subject, what }: ChangeDescription,
  work: (ports: Ports, at: number) => Promise<Result>,
): Promise<Result> {
  const at = clock();
  return store.change({ at, subject, what }, (ports) => work(ports, Math.floor(at / 1000)));
}

/**
 * Runs a change as `change` does, but rolls it back if `work` resolves with false. Then there is no audit row either. A
 * caller uses this if there may be nothing to do, or if the data may have changed since it was read.
 * @returns what `work` resolved with
 */
export async function changeIf(
  store: Store,
  clock: Clock,
  description: ChangeDescription,
  work: (ports: Ports, at: number) => Promise<boolean>,
): Promise<boolean> {
  let isWanted = true;
  try {
    await change(store, clock, description, async (ports, at) => {
      isWanted = await work(ports, at);
      // Only an exception rolls a transaction back.
      if (!isWanted) throw new Error('rolled back');
    });
    return true;
  } catch (error) {
    if (!isWanted) return false;
    throw error;
  }
}

/** The time in seconds since the epoch, as the store takes it. */
export function secondsOf(clock: Clock): number {
  return Math.floor(clock() / 1000);
}

/** A name or id that somebody typed, quoted and cut to a length that fits into a message. */
export function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
