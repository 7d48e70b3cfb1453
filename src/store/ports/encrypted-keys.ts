/**
 * The table of signing keys. The keys are encrypted before they are passed to this port
 * (keys/storage/encrypted-key-store.ts), so the code of the store cannot read them.
 */
export interface EncryptedKeys {
  /**
   * Returns the names of the keys, sorted. Every process runs this query about twice a second, so the query must be
   * cheap.
   */
  names(): Promise<string[]>;
  /** Returns the encrypted keys: a map from the name of each key to its encrypted text. */
  read(): Promise<ReadonlyMap<string, string>>;
  /**
   * Reads all rows, passes them to `change`, and replaces them with the rows that `change` returns. Other processes
   * cannot change the rows during the call. If `change` returns undefined, this method writes nothing and returns
   * false. If the database cancels the transaction because of a lock, this method repeats the transaction and calls
   * `change` a second time, with the rows that the database then contains.
   */
  update(
    change: (rows: ReadonlyMap<string, string>) => ReadonlyMap<string, string> | undefined,
  ): Promise<boolean>;
}
