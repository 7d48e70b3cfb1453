import { DockpassError, isRequestError } from '../errors.ts';
import { formatHost } from '../net/host.ts';
import { anonymous, type Subject } from '../policy/subject.ts';
import type { Realm } from '../realm/realm.ts';
import type { Authenticator, Caller } from './authenticator.ts';
import type { Credentials, PasswordCredentials } from './credentials.ts';
import type { Sessions } from './token/sessions.ts';

/**
 * Finds out who sends a request. A request without credentials is anonymous on a public domain and fails on a private
 * domain. Wrong credentials always fail: they never count as anonymous, not even on a public domain.
 * @throws DockpassError `login_required`, `wrong_credentials`, `invalid_grant`, `too_many_attempts`, `unavailable`,
 *   `busy`
 */
export async function authenticate(
  credentials: Credentials,
  caller: Caller,
  realm: Realm,
  chain: readonly Authenticator[],
  sessions: Pick<Sessions, 'resume'>,
): Promise<Subject> {
  switch (credentials.kind) {
    case 'none':
      if (realm.kind === 'public') return anonymous;
      throw new DockpassError('login_required', `log in first: docker login ${formatHost(realm.host)}`);
    case 'password':
      return askChain(credentials, caller, realm, chain);
    case 'refresh token':
      return withUnavailableError(() => sessions.resume(credentials.token, realm, caller));
  }
}

/** Asks the authenticators in order, until one of them accepts or rejects the credentials. */
async function askChain(
  credentials: PasswordCredentials,
  caller: Caller,
  realm: Realm,
  chain: readonly Authenticator[],
): Promise<Subject> {
  for (const authenticator of chain) {
    const answer = await withUnavailableError(() => authenticator(credentials, caller));
    if (answer.verdict === 'right') return answer.subject;
    if (answer.verdict === 'wrong') break;
  }
  throw new DockpassError(
    'wrong_credentials',
    `wrong user name or password; log in again: docker login ${formatHost(realm.host)}`,
  );
}

/**
 * Converts an unexpected error, such as a lost database connection, into a DockpassError with the code `unavailable`.
 */
async function withUnavailableError<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (cause) {
    if (isRequestError(cause)) throw cause;
    throw new DockpassError('unavailable', 'logins cannot be checked right now; try again in a few seconds', {
      cause,
      retryAfter: 5,
    });
  }
}
