/**
 * A store of keys, which are texts with names. The texts are in a folder (file-key-store.ts), or encrypted in a
 * database (encrypted-key-store.ts). Both kinds of store use the same names, and dockpass changes the texts in the same
 * order. Therefore a complete set of keys remains if a process is killed during a change. Every call may throw
 * DockpassError `key_files` or `key_secret`, or an error of the database.
 */
export interface KeyStore {
  /** Returns all names in alphabetical order. This call is cheap and is made about twice a second. */
  names(): Promise<readonly string[]>;
  /** Returns the text with this name, or undefined if the name does not exist. */
  read(name: string): Promise<string | undefined>;
  /**
   * Stores a text under a new name. Returns false if the name exists already. If several processes create the same name
   * at once, exactly one of them succeeds. There is no other lock.
   */
  create(name: string, text: string): Promise<boolean>;
  /** Replaces the text with this name. If this fails, the old text remains unchanged. */
  replace(name: string, text: string): Promise<void>;
  /** Renames a text in one step. If there is a text with the name `to`, it is replaced. */
  rename(from: string, to: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Removes the temporary files of processes that were killed while they wrote a file. */
  removeLeftovers(): Promise<void>;
  /** Describes the text with this name for a message: its name, and where it is stored. */
  describe(name: string): string;
  /** Tells for a message how to move the text with this name away: an imperative sentence without its full stop. */
  moveAwayHint(name: string): string;
}

/**
 * The names of the current CA and, during a rollover, of the next CA. The stored text contains the certificate and the
 * key (`.pem`), or only the certificate (`.crt`).
 */
export type AuthorityName = 'authority' | 'authority-next';
/** The certificate of the previous CA after a rollover. Tokens of its signing keys may still be valid. */
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
