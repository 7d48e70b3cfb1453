/**
 * Where key material is kept: texts by name, in a folder (file-keep.ts) or sealed in a database (sealed-keep.ts). What
 * stands under which name, and in which order it changes, is the same for both; so a process that is killed leaves a
 * whole set in either. Every call may throw DockpassError `key_files` or `key_secret`, or the database's own.
 */
export interface KeyStore {
  /** Of all that is there, in order. A cheap look: asked twice a second. */
  names(): Promise<readonly string[]>;
  /** Undefined where there is none. */
  read(name: string): Promise<string | undefined>;
  /** False where there is one already: of several writers exactly one is first. There is no other lock. */
  create(name: string, text: string): Promise<boolean>;
  /** In place whole, or the old one stays. */
  replace(name: string, text: string): Promise<void>;
  /** Takes the place of what is under `to`, in one step. */
  rename(from: string, to: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Takes away what processes left behind that were killed while they wrote. */
  tidy(): Promise<void>;
  /** For messages: where a person finds it. */
  place(name: string): string;
  /** For messages: how a person takes it out of the way, in the imperative. */
  takeAway(name: string): string;
}

/** An authority, now and during a rollover the one to come: with its key, or its certificate alone (`.crt`). */
export type AuthorityName = 'authority' | 'authority-next';
/** After a rollover: the certificate of the one before, whose leaves may still have tokens about. */
export const previousAuthority = 'authority-previous.crt';

const kept = /^(?:authority(?:-next)?\.(?:pem|crt)|authority-previous\.crt|leaves-\d+\.pem)$/;

/** Is that a name of ours? What is published (rootcertbundle.pem, jwks.json) is derived, and not kept. */
export function isKeyFileName(name: string): boolean {
  return kept.test(name);
}

/** Readable by all who want to trust us. */
export function isPublic(name: string): boolean {
  return name.endsWith('.crt');
}
