import type { Clock } from '../../clock.ts';
import type { EncryptedKeyTable, EncryptedRows } from '../../keys/storage/encrypted-key-store.ts';
import type { Store } from '../../store/store.ts';
import { changeIf } from '../change.ts';

/**
 * Changes keys in the database and writes the audit row, in one transaction. `work` generates keys and derives an
 * encryption key, which takes long, and a transaction should be short. Therefore `work` runs on a copy of the rows, and
 * the transaction only writes its result. If another process has changed the keys meanwhile, `work` runs again.
 * @param describe what the audit row says, given the result of `work`
 */
export async function changeStoredKeys<Result>(
  store: Store,
  clock: Clock,
  describe: (result: Result) => string,
  work: (table: EncryptedKeyTable) => Promise<Result>,
): Promise<Result> {
  for (;;) {
    const before = await store.encryptedKeys.read();
    const copy = copyOfRows(before);
    const result = await work(copy.table);
    const description = { subject: '', what: describe(result) };
    const isDone = await changeIf(store, clock, description, ({ encryptedKeys }) =>
      encryptedKeys.update((rows) => (areEqual(rows, before) ? copy.rows() : undefined)),
    );
    if (isDone) return result;
  }
}

/**
 * Changes key files. A transaction cannot undo a change of files. Therefore one audit row is written before the change:
 * if the change fails half way, the audit log still says that it began. A second row gives the result.
 * @param store undefined if there is no database. Then there is no audit log either.
 */
export async function changeKeyFiles<Result>(
  store: Store | undefined,
  clock: Clock,
  begun: string,
  describe: (result: Result) => string,
  work: () => Promise<Result>,
): Promise<Result> {
  await recordKeyChange(store, clock, begun);
  const result = await work();
  await recordKeyChange(store, clock, describe(result));
  return result;
}

/** Writes an audit row and changes nothing else. If there is no database, it writes nothing. */
export async function recordKeyChange(store: Store | undefined, clock: Clock, what: string): Promise<void> {
  await store?.change({ at: clock(), subject: '', what }, async () => undefined);
}

/** Creates a table in memory with the given rows. */
function copyOfRows(before: EncryptedRows): { table: EncryptedKeyTable; rows(): EncryptedRows } {
  let current = before;
  return {
    rows: () => current,
    table: {
      names: async () => [...current.keys()].sort(),
      read: async () => current,
      update: async (apply) => {
        const changed = apply(current);
        if (changed !== undefined) current = changed;
        return changed !== undefined;
      },
    },
  };
}

function areEqual(one: EncryptedRows, other: EncryptedRows): boolean {
  return one.size === other.size && [...one].every(([name, text]) => other.get(name) === text);
}
