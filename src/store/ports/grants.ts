import type { Action } from '../../policy/rights.ts';
import type { PageFilter } from './page.ts';

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

/** What identifies a grant. */
export type GrantKey = Pick<StoredGrant, 'subject' | 'pattern'>;

export interface OnlyGrants {
  readonly subject?: string | undefined;
  readonly pattern?: string | undefined;
}

export interface Grants {
  list(): Promise<StoredGrant[]>;
  /**
   * Returns one page of grants, sorted by subject and pattern. `contains` selects by subject or pattern.
   * @param only if given, only grants with this subject, and with this pattern, are returned
   */
  page(filter: PageFilter<GrantKey>, only?: OnlyGrants): Promise<StoredGrant[]>;
  of(subjects: readonly string[]): Promise<StoredGrant[]>;
  /**
   * Stores a grant. It replaces an existing grant with the same subject and pattern. From now on, each user whom the
   * grant reaches has only the rights that grants give.
   * @returns the names of the users who lose the rights of their role because of this grant, sorted
   */
  put(grant: StoredGrant): Promise<string[]>;
  /**
   * Removes a grant. When a grant was stored, the users whom it reached lost the rights of their role (see `put`). They
   * do not get these rights back when the grant is removed.
   */
  remove(subject: string, pattern: string): Promise<boolean>;
}
