import { accountSubject, type Account } from '../account.ts';
import type { Authenticator } from '../authenticator.ts';
import type { PasswordCheck } from './check-password.ts';
import { isOutdated } from './password-hash.ts';
import type { Secret } from '../../secret.ts';
import { toCanonicalName } from '../user-name.ts';

/** Replaces an imported bcrypt hash with an argon2id hash, in the background. Never throws. */
export type Rehash = (user: Account, password: Secret) => void;

/**
 * Creates an authenticator for users whose password is in the store. If the user is not in the store, the next
 * authenticator is asked. If no authenticator knows the name, `createPasswordAuthenticator` computes the same hashes as
 * for a wrong password, so that the response time does not reveal which users exist.
 */
export function createLocalUserAuthenticator(
  find: (name: string) => Promise<Account | undefined>,
  check: PasswordCheck,
  rehash: Rehash = () => {},
): Authenticator {
  return async ({ name: sentName, password }, { address }) => {
    const name = toCanonicalName(sentName);
    const user = await find(name);
    if (user === undefined) return { verdict: 'not mine' };
    if (!(await check(name, password, user, address))) return { verdict: 'wrong' };
    if (user.passwordHash !== null && isOutdated(user.passwordHash)) rehash(user, password);
    return { verdict: 'right', subject: accountSubject(user) };
  };
}
