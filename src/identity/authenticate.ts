import { DockpassError, isRequestError } from '../errors.ts';
import { formatHost } from '../net/host.ts';
import type { Realm } from '../realm/realm.ts';
import type { Credentials, PasswordCredentials } from './credentials.ts';
import type { Sessions } from './token/sessions.ts';
import { anonymous, type Subject } from '../policy/subject.ts';

/** Where a login came from: throttles and times of last use go by it. */
export interface Caller {
  readonly address: string;
}

/**
 * One way to log in. `not mine` hands on to the next; `wrong` ends it; an authenticator that cannot answer throws,
 * which ends it too: silence is never a grant.
 */
export type Authenticator = (
  credentials: PasswordCredentials,
  caller: Caller,
) => Promise<AuthenticatorVerdict>;

export type AuthenticatorVerdict =
  | { readonly verdict: 'not mine' }
  | { readonly verdict: 'wrong' }
  | { readonly verdict: 'right'; readonly subject: Subject };

/**
 * Who asks. Wrong credentials are refused under every host, never turned into anonymous; no credentials are enough
 * only where anyone may pull.
 * @throws DockpassError `login_required`, `wrong_credentials`, `invalid_grant`, `too_many_attempts`, `unavailable`, `busy`
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
      return orUnavailable(() => sessions.resume(credentials.token, realm, caller));
  }
}

async function askChain(
  credentials: PasswordCredentials,
  caller: Caller,
  realm: Realm,
  chain: readonly Authenticator[],
): Promise<Subject> {
  for (const authenticator of chain) {
    const answer = await orUnavailable(() => authenticator(credentials, caller));
    if (answer.verdict === 'right') return answer.subject;
    if (answer.verdict === 'wrong') break;
  }
  throw new DockpassError(
    'wrong_credentials',
    `wrong user name or password; log in again: docker login ${formatHost(realm.host)}`,
  );
}

async function orUnavailable<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
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
