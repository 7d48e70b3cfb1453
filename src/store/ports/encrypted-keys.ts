/**
 * Stores signing keys. The keys are encrypted before they are passed to the store
 * (keys/storage/encrypted-key-store.ts), so the store cannot read them.
 */
export interface EncryptedKeys {
  /** Returns the names of the keys, sorted. The query is cheap, because every process runs it about twice a second. */
  names(): Promise<string[]>;
  /** Returns the encrypted keys: a map from the name of each key to its encrypted text. */
  read(): Promise<ReadonlyMap<string, string>>;
  /**
   * Reads all rows, passes them to `change`, and replaces them with the rows that `change` returns. Other processes
   * cannot change the rows during the call. If `change` returns undefined, nothing is written and the result is false.
   * If the database cancels the transaction because of a lock, the transaction runs again, and `change` is called with
   * the rows that are then stored.
   */
  update(
    change: (rows: ReadonlyMap<string, string>) => ReadonlyMap<string, string> | undefined,
  ): Promise<boolean>;
}
