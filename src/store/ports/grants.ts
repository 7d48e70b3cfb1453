import type { Action } from '../../policy/rights.ts';

/**
 * A grant: the rights that a user or a group has on some repositories. `subject` is the name of the user, or
 * `group:NAME`.
 */
export interface StoredGrant {
  readonly subject: string;
  readonly pattern: string;
  readonly actions: readonly Action[];
  readonly createdAt: number;
}

export interface Grants {
  list(): Promise<StoredGrant[]>;
  of(subjects: readonly string[]): Promise<StoredGrant[]>;
  /** Stores a grant. It replaces an existing grant with the same subject and pattern. */
  put(grant: StoredGrant): Promise<void>;
  remove(subject: string, pattern: string): Promise<boolean>;
}
