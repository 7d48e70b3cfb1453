import { DockpassError } from '../../errors.ts';
import type { UserSubject } from '../../policy/subject.ts';
import type { Realm } from '../../realm/realm.ts';
import { authenticate } from '../authenticate.ts';
import type { Authenticator, Caller } from '../authenticator.ts';
import type { PasswordCredentials } from '../credentials.ts';
import { reservedPrefix } from '../token/secret-token.ts';

/** How the server checks logins. */
export interface LoginChecks {
  readonly authenticators: readonly Authenticator[];
  readonly sessions: Parameters<typeof authenticate>[4];
}

/**
 * Checks the name and the password of a person, with the rate limits and lockouts of the token endpoint. Access tokens
 * and robot secrets are for programs, so they are no password here.
 * @throws DockpassError `wrong_credentials`, `too_many_attempts`, `unavailable`, `busy`
 */
export async function authenticatePerson(
  credentials: PasswordCredentials,
  caller: Caller,
  realm: Realm,
  { authenticators, sessions }: LoginChecks,
): Promise<UserSubject> {
  if (reservedPrefix(credentials.password.reveal()) !== undefined)
    throw new DockpassError(
      'wrong_credentials',
      'people sign in with their password. Access tokens and robot secrets are for programs: send them in the Authorization header.',
    );
  const subject = await authenticate(credentials, caller, realm, authenticators, sessions).catch(
    (error: unknown) => {
      if (!(error instanceof DockpassError) || error.code !== 'wrong_credentials') throw error;
      throw new DockpassError('wrong_credentials', 'wrong user name or password. Try again.');
    },
  );
  if (subject.kind !== 'user')
    throw new DockpassError('wrong_credentials', 'wrong user name or password. Try again.');
  return subject;
}
