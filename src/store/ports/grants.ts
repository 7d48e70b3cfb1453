import type { Action } from '../../policy/rights.ts';

/** `subject` is the name of a user, or `group:NAME`. */
export interface StoredGrant {
  readonly subject: string;
  readonly pattern: string;
  readonly actions: readonly Action[];
  readonly createdAt: number;
}

export interface Grants {
  list(): Promise<StoredGrant[]>;
  of(subjects: readonly string[]): Promise<StoredGrant[]>;
  /** Replaces a grant of the same subject and pattern. */
  put(grant: StoredGrant): Promise<void>;
  remove(subject: string, pattern: string): Promise<boolean>;
}
