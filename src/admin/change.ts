import type { Clock } from '../clock.ts';
import type { Ports, Store } from '../store/store.ts';

/** The description of an administrative change in the audit log. */
export interface ChangeDescription {
  /**
   * The name of the user or robot that is changed, or `group:NAME` if a grant to a group is changed. Empty for every
   * other change.
   */
  readonly subject: string;
  /** What was done, for example `user alice disabled`. */
  readonly what: string;
}

/**
 * Runs an administrative change and writes its audit row in the same transaction. If `work` throws, or if the audit row
 * cannot be written, nothing is changed.
 * @param work makes the change. It receives the tables within the transaction, and the time of the change in seconds
 *   since the epoch.
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
 * Runs an administrative change like `change`. But if `work` resolves with false, this function rolls the change back
 * and writes no audit row. Use this function if `work` may find nothing to change, or if another process may have
 * changed the data since you read it.
 * @returns the result of `work`
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
      // Throw an error, because the store rolls back a transaction only if the function inside the transaction throws.
      if (!isWanted) throw new Error('rolled back');
    });
    return true;
  } catch (error) {
    if (!isWanted) return false;
    throw error;
  }
}

/**
 * Returns the time of the clock in seconds since the epoch. The store expects times such as `createdAt` in this unit.
 */
export function secondsOf(clock: Clock): number {
  return Math.floor(clock() / 1000);
}

/** Quotes a name or id that a person typed, and truncates it to a length that fits into a message. */
export function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
