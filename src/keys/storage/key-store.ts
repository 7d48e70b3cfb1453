/**
 * A store for keys and certificates. Each entry has a name and a text. The entries are files in a folder
 * (file-key-store.ts), or encrypted rows in a database (encrypted-key-store.ts). dockpass uses both kinds of store in
 * the same way: it chooses the same names, and changes the entries in an order that leaves a complete set of keys if a
 * process is killed during a change. Every call may throw DockpassError `key_files` or `key_secret`, or an error of the
 * database.
 */
export interface KeyStore {
  /**
   * Returns the names of all entries, in alphabetical order. Servers make this call about twice a second, so it must be
   * cheap.
   */
  names(): Promise<readonly string[]>;
  /** Returns the text of the entry with this name, or undefined if there is no such entry. */
  read(name: string): Promise<string | undefined>;
  /**
   * Adds an entry. Returns false if there is an entry with this name already. If several processes create the same
   * entry at once, exactly one of them succeeds. Therefore the processes need no lock.
   */
  create(name: string, text: string): Promise<boolean>;
  /** Replaces the text of the entry with this name. If this fails, the old text remains unchanged. */
  replace(name: string, text: string): Promise<void>;
  /** Renames an entry in one step. An existing entry with the name `to` is replaced. */
  rename(from: string, to: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Removes the temporary files of processes that were killed while they wrote a file. */
  removeLeftovers(): Promise<void>;
  /**
   * Returns a description of the entry `name` for a message: the name, and the place where the entry is stored.
   */
  describe(name: string): string;
  /**
   * Returns an instruction for an error message: how to move the entry `name` out of the way. The instruction has
   * no full stop at the end.
   */
  moveAwayHint(name: string): string;
}

/**
 * The name of a key store entry for a CA, without the ending of the name. `authority` is the current CA.
 * `authority-next` exists only during a rollover and is the next CA. An entry that ends in `.pem` contains the
 * certificate and the key. An entry that ends in `.crt` contains only the certificate.
 */
export type AuthorityName = 'authority' | 'authority-next';
/**
 * The name under which the certificate of the previous CA is stored after a rollover. Registries must still trust this
 * CA, because tokens from before the rollover may still be valid.
 */
export const previousAuthority = 'authority-previous.crt';

const keyFileName = /^(?:authority(?:-next)?\.(?:pem|crt)|authority-previous\.crt|leaves-\d+\.pem)$/;

/**
 * Returns true for the name of a key file. Files that are derived from keys (rootcertbundle.pem, jwks.json) are not key
 * files.
 */
export function isKeyFileName(name: string): boolean {
  return keyFileName.test(name);
}

/** Returns true for a file that contains only certificates. Every user of the machine may read it. */
export function isPublic(name: string): boolean {
  return name.endsWith('.crt');
}
