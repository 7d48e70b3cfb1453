import { compilePattern } from '../policy/pattern.ts';
import { rightsOfRole, type Right } from '../policy/rights.ts';
import { cacheUntilChanged } from '../cache/until-changed.ts';
import type { Ports, Store, StoredAccount, User } from '../store/store.ts';

/** A user with all that decides what the user may do. */
export interface Account extends User {
  readonly groups: readonly string[];
  /** The grants to the user and to the user's groups; where there are none, what the role gives. */
  readonly rights: readonly Right[];
}

/** Finds accounts in memory: read once between two changes of the store, and never older than the last. */
export function accountFinder(store: Store): (name: string) => Promise<Account | undefined> {
  return cacheUntilChanged(store, (name) => readAccount(store, name));
}

export async function readAccount(
  { users }: Pick<Ports, 'users'>,
  name: string,
): Promise<Account | undefined> {
  const found = await users.account(name);
  return found && accountOf(found);
}

export function accountOf({ user, groups, grants }: StoredAccount): Account {
  const rights = grants.map(({ subject, pattern, actions }): Right => ({
    pattern: compilePattern(pattern),
    actions,
    origin: { kind: 'grant', to: subject },
  }));
  return { ...user, groups, rights: rights.length > 0 ? rights : rightsOfRole(user.role) };
}
