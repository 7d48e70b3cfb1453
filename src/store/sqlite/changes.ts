import type Database from 'better-sqlite3';
import { perTick } from '../../cache/per-tick.ts';

/**
 * Implements `Store.changes`. The pragma `data_version` is a cheap way to detect that another connection has committed
 * a transaction. The change counter itself is read from the database only after such a commit or after a write by this
 * process. Writing audit rows does not increment the counter.
 *
 * The pragma is read only once in each tick of the event loop. So a change can be missed only until the tick ends. A
 * request that a client sends after the change is handled in a later tick, which reads the pragma again.
 */
export function sqliteChanges(database: Database.Database): { changes(): number; markChanged(): void } {
  const version = database.prepare<[], number>('pragma data_version').pluck();
  const counter = database.prepare<[], number>('select changes from change_counter').pluck();
  const currentVersion = perTick(() => version.get());
  let seen: number | undefined;
  let changes = 0;
  return {
    changes: () => {
      const now = currentVersion();
      if (now !== seen) {
        changes = counter.get() ?? 0;
        seen = now;
      }
      return changes;
    },
    markChanged: () => (seen = undefined),
  };
}
