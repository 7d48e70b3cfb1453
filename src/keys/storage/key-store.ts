/**
 * Where keys are stored: texts by name, in a folder (file-key-store.ts) or encrypted in a database
 * (encrypted-key-store.ts). The names, and the order in which they change, are the same for both. So if a process
 * is killed, a complete set of keys remains in either. Every call may throw DockpassError `key_files` or
 * `key_secret`, or an error of the database.
 */
export interface KeyStore {
  /** Returns all names in order. It is cheap, and is called about twice a second. */
  names(): Promise<readonly string[]>;
  /** Returns undefined if there is no such name. */
  read(name: string): Promise<string | undefined>;
  /**
   * Returns false if the name exists already. If several processes create it at once, exactly one succeeds. There
   * is no other lock.
   */
  create(name: string, text: string): Promise<boolean>;
  /** Replaces the whole text, or leaves the old one. */
  replace(name: string, text: string): Promise<void>;
  /** Renames in one step, and replaces what had the name `to`. */
  rename(from: string, to: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Removes temporary files of processes that were killed while they wrote. */
  removeLeftovers(): Promise<void>;
  /** For messages: says what the name is and where it is stored. */
  describe(name: string): string;
  /** For messages: says how to move it away, as an imperative sentence without its full stop. */
  moveAwayHint(name: string): string;
}

/**
 * The CA, and during a rollover the next one. The file has certificate and key (`.pem`), or the certificate alone
 * (`.crt`).
 */
export type AuthorityName = 'authority' | 'authority-next';
/** The certificate of the previous CA after a rollover. Tokens of its signing keys may still be valid. */
export const previousAuthority = 'authority-previous.crt';

const keyFileName = /^(?:authority(?:-next)?\.(?:pem|crt)|authority-previous\.crt|leaves-\d+\.pem)$/;

/**
 * Returns true for the name of a key file. Files that are derived from keys (rootcertbundle.pem, jwks.json) are
 * none.
 */
export function isKeyFileName(name: string): boolean {
  return keyFileName.test(name);
}

/** Certificates may be read by every user of the machine. */
export function isPublic(name: string): boolean {
  return name.endsWith('.crt');
}
