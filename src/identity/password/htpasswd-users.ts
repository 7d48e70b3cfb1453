import { rightsOfRole, type Role } from '../../policy/rights.ts';
import type { UserSubject } from '../../policy/subject.ts';
import type { Authenticator } from '../authenticator.ts';
import { toCanonicalName } from '../user-name.ts';
import type { PasswordCheck } from './check-password.ts';
import type { HtpasswdFile } from './htpasswd-file.ts';

/**
 * Creates an authenticator for the users in an htpasswd file. Each of these users has the rights of `role`, and no
 * groups or grants. This also applies if a user in the store has the same name: after a login with the password from
 * the file, the groups and grants of the user in the store have no effect.
 * @param isBlocked returns true if the user cannot log in, because an administrator has disabled the user or because a
 *   robot has the same name
 */
export function createHtpasswdAuthenticator(
  file: HtpasswdFile,
  role: Role,
  check: PasswordCheck,
  isBlocked: (name: string) => Promise<boolean>,
): Authenticator {
  return async ({ name: sentName, password }, { address }) => {
    const name = toCanonicalName(sentName);
    const passwordHash = (await file.current()).hashes.get(name);
    if (passwordHash === undefined) return { verdict: 'not mine' };
    const disabled = await isBlocked(name);
    if (!(await check(name, password, { passwordHash, disabled }, address))) return { verdict: 'wrong' };
    return { verdict: 'right', subject: createHtpasswdSubject(name, role) };
  };
}

export function createHtpasswdSubject(name: string, role: Role): UserSubject {
  return {
    kind: 'user',
    name,
    admin: role === 'admin',
    groups: [],
    rights: rightsOfRole(role),
    only: undefined,
    through: 'htpasswd file',
  };
}
