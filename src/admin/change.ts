import type { Clock } from '../clock.ts';
import type { Ports, Store } from '../store/store.ts';

/** What a change is about, as its audit row says it. */
export interface ChangeDescription {
  /** The name of the user or robot that it is about; empty if there is none. */
  readonly subject: string;
  /** What was done, as in `user alice disabled`. */
  readonly what: string;
}

/**
 * Runs an administrative change and writes its audit row in the same transaction: both, or neither if `work` throws.
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
 * Like `change`, but nothing is written, no audit row either, if `work` resolves with false: then there was nothing to
 * do, or what it was based on has changed meanwhile.
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
