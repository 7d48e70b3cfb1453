import type { Account } from '../account.ts';
import type { Authenticator } from '../authenticate.ts';
import type { PasswordCheck } from './check-password.ts';
import { isOutdated } from './password-hash.ts';
import type { Secret } from '../../secret.ts';
import type { UserSubject } from '../../policy/subject.ts';
import { canonicalName } from '../user-name.ts';

/** Puts the hash of today in the place of one that was taken over. Never throws, never keeps the login waiting. */
export type Rehash = (user: Account, password: Secret) => void;

/** Users with a password in the store. A name that is not there goes on; `passwordLogins` makes that cost a hash. */
export function localUsers(
  find: (name: string) => Promise<Account | undefined>,
  check: PasswordCheck,
  rehash: Rehash = () => {},
): Authenticator {
  return async ({ name: sent, password }) => {
    const name = canonicalName(sent);
    const user = await find(name);
    if (user === undefined) return { verdict: 'not mine' };
    if (!(await check(name, password, user))) return { verdict: 'wrong' };
    if (user.passwordHash !== null && isOutdated(user.passwordHash)) rehash(user, password);
    return { verdict: 'right', subject: subjectOf(user) };
  };
}

/** Undefined for whoever is disabled. */
export function enabledSubjectOf(user: Account): UserSubject | undefined {
  return user.disabled ? undefined : subjectOf(user);
}

export function subjectOf(user: Account): UserSubject {
  return {
    kind: 'user',
    name: user.name,
    admin: user.role === 'admin',
    groups: user.groups,
    rights: user.rights,
    only: undefined,
    through: 'password',
  };
}
