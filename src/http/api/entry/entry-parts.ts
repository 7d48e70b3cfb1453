import type { ConsoleSignIns } from '../../../identity/console/console-sessions.ts';
import type { Throttle } from '../../../identity/throttle/throttle.ts';

/** What the routes need through which people get in: signing in, and the setup of the first administrator. */
export interface EntryParts {
  readonly signIns: ConsoleSignIns;
  /** Counts wrong setup codes like wrong passwords. */
  readonly throttle: Pick<Throttle, 'attempt'>;
}
