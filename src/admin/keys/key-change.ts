import type { Clock } from '../../clock.ts';
import type { EncryptedKeyTable, EncryptedRows } from '../../keys/storage/encrypted-key-store.ts';
import type { Store } from '../../store/store.ts';
import { changeIf } from '../change.ts';

/**
 * Changes keys in the database and writes the audit row in one transaction. A transaction should be short, but
 * generating keys and deriving an encryption key takes long. Therefore `work` runs before the transaction, on a copy of
 * the rows. The transaction only writes the rows that `work` has changed. If another process has changed the keys in
 * the meantime, `work` runs again on a new copy.
 * @param describe returns the text of the audit row. It receives the result of `work`.
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
 * Changes key files. A transaction cannot undo a change to a file. Therefore one audit row is written before the
 * change: if the change fails halfway, the audit log still shows that the change began. After the change, a second
 * audit row is written with the result.
 * @param store undefined if there is no database. In this case, no audit rows are written.
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

/** Writes an audit row for a change to key files. If there is no database, does nothing. */
export async function recordKeyChange(store: Store | undefined, clock: Clock, what: string): Promise<void> {
  await store?.change({ at: clock(), subject: '', what }, async () => undefined);
}

/**
 * Creates a key table in memory. At first, the table contains the rows of `before`. The function `rows` of the result
 * returns the rows that the table contains now.
 */
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
