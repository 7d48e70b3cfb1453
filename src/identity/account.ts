import { compilePattern } from '../policy/pattern.ts';
import { rightsOfRole, type Right } from '../policy/rights.ts';
import type { UserSubject } from '../policy/subject.ts';
import { cacheUntilChanged } from '../cache/until-changed.ts';
import type { Ports, Store, StoredAccount, User } from '../store/store.ts';

/** A user from the store, with the groups and rights that decide what the user may do. */
export interface Account extends User {
  readonly groups: readonly string[];
  /** The rights on repositories, from the role or from grants (see `rightsFrom`). */
  readonly rights: readonly Right[];
}

/** Returns a function that finds accounts by name. It caches each account until the store changes. */
export function createAccountFinder(store: Store): (name: string) => Promise<Account | undefined> {
  return cacheUntilChanged(store, (name) => readAccount(store, name));
}

export async function readAccount(
  { users }: Pick<Ports, 'users'>,
  name: string,
): Promise<Account | undefined> {
  const found = await users.account(name);
  return found && toAccount(found);
}

/**
 * Determines the rights of a user. If the user or one of the user's groups has a grant, the user has only the rights
 * of grants. This is also true if `rightsFrom` is still `role`, because older versions of dockpass add grants without
 * changing `rightsFrom`.
 */
export function toAccount({ user, groups, grants }: StoredAccount): Account {
  if (user.rightsFrom === 'role' && grants.length === 0)
    return { ...user, groups, rights: rightsOfRole(user.role) };
  const rights = grants.map(({ subject, pattern, actions }): Right => ({
    pattern: compilePattern(pattern),
    actions,
    origin: { kind: 'grant', to: subject },
  }));
  return { ...user, groups, rightsFrom: 'grants', rights };
}

/** Returns the policy subject of a user, or undefined if the user is disabled. */
export function enabledSubject(account: Account): UserSubject | undefined {
  return account.disabled ? undefined : accountSubject(account);
}

/** Returns the policy subject of a user who logged in with the password in the store. */
export function accountSubject({ name, role, groups, rights }: Account): UserSubject {
  return {
    kind: 'user',
    name,
    admin: role === 'admin',
    groups,
    rights,
    only: undefined,
    through: 'password',
  };
}
