/**
 * Signing keys. They are encrypted before they are passed to the store (keys/storage/encrypted-key-store.ts), so
 * the store cannot read them.
 */
export interface EncryptedKeys {
  /** Sorted. It is cheap, and every process calls it about twice a second. */
  names(): Promise<string[]>;
  /** Returns the texts by name. */
  read(): Promise<ReadonlyMap<string, string>>;
  /**
   * Replaces all rows with what `change` returns, while no other process can change them. If `change` returns
   * undefined, nothing is written, and the result is false. `change` may be called again with other rows if the
   * database requires another attempt.
   */
  update(
    change: (rows: ReadonlyMap<string, string>) => ReadonlyMap<string, string> | undefined,
  ): Promise<boolean>;
}
