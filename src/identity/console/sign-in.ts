import { DockpassError } from '../../errors.ts';
import type { UserSubject } from '../../policy/subject.ts';
import type { Realm } from '../../realm/realm.ts';
import { authenticate, type LoginChecks } from '../authenticate.ts';
import type { Caller } from '../authenticator.ts';
import type { PasswordCredentials } from '../credentials.ts';
import { reservedPrefix } from '../token/secret-token.ts';

/**
 * Checks the name and the password of a person, with the rate limits and lockouts of the token endpoint. Access tokens
 * and robot secrets are for programs, so they are no password here.
 * @throws DockpassError `wrong_credentials`, `too_many_attempts`, `unavailable`, `busy`
 */
export async function authenticatePerson(
  credentials: PasswordCredentials,
  caller: Caller,
  realm: Realm,
  checks: LoginChecks,
): Promise<UserSubject> {
  if (reservedPrefix(credentials.password.reveal()) !== undefined)
    throw new DockpassError(
      'wrong_credentials',
      'people sign in with their password. Access tokens and robot secrets are for programs: send them in the Authorization header.',
    );
  const wrong = 'wrong user name or password. Try again.';
  const subject = await authenticate(credentials, caller, realm, checks).catch((error: unknown) => {
    const isWrong =
      error instanceof DockpassError && ['wrong_credentials', 'jwt_rejected'].includes(error.code);
    throw isWrong ? new DockpassError('wrong_credentials', wrong) : error;
  });
  // A job that logs in with a JWT of its platform is not a person.
  if (subject.kind !== 'user') throw new DockpassError('wrong_credentials', wrong);
  return subject;
}
