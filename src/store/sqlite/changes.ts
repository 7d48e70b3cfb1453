import type Database from 'better-sqlite3';
import { perTick } from '../../cache/per-tick.ts';

/**
 * Implements Store.changes. `data_version` shows cheaply whether another connection has committed. Only then, and
 * after a write of this process, the counter is read. Audit rows do not increment the counter. Commits of other
 * processes are detected once in each tick of the event loop. A request that begins after a commit is never in a
 * tick that began before it.
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
