import { rightsOfRole } from '../policy/rights.ts';
import type { User } from '../store/store.ts';
import type { Authenticator } from './authenticate.ts';
import type { PasswordHasher } from './password-hash.ts';
import type { RememberedPasswords } from './remembered-passwords.ts';
import type { UserSubject } from './subject.ts';
import { canonicalName } from './user-name.ts';

/** Users with a password in the store. Unknown, wrong and disabled cost the same hash and say the same. */
export function localUsers(
  find: (name: string) => Promise<User | undefined>,
  hasher: PasswordHasher,
  remembered: RememberedPasswords,
): Authenticator {
  return async ({ name: sent, password }) => {
    const name = canonicalName(sent);
    const user = await find(name);
    const usable = user?.disabled === false ? user : undefined;
    if (usable?.passwordHash != null && remembered.holds(name, password, usable.passwordHash)) {
      return { verdict: 'right', subject: subjectOf(usable) };
    }
    const right = await hasher.verify(password, user?.passwordHash);
    if (!right || usable?.passwordHash == null) return { verdict: 'wrong' };
    remembered.remember(name, password, usable.passwordHash);
    return { verdict: 'right', subject: subjectOf(usable) };
  };
}

function subjectOf(user: User): UserSubject {
  return {
    kind: 'user',
    name: user.name,
    admin: user.role === 'admin',
    groups: [],
    rights: rightsOfRole(user.role),
    only: undefined,
    through: 'password',
  };
}
