import type Database from 'better-sqlite3';
import { perTick } from '../../cache/per-tick.ts';

/**
 * Implements `Store.changes`. The pragma `data_version` is a cheap way to detect that another connection has committed
 * a transaction. The change counter itself is read from the database only after such a commit or after a write by this
 * process. Writing audit rows does not increment the counter.
 *
 * The pragma is read only once in each tick of the event loop. This is sufficient, because a request that begins after
 * a commit is never handled in a tick that began before the commit.
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
