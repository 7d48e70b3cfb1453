import { DockpassError, isRequestError } from '../errors.ts';
import type { Secret } from '../secret.ts';
import { formatHost } from '../net/host.ts';
import { anonymous, type Subject } from '../policy/subject.ts';
import type { Realm } from '../realm/realm.ts';
import type { Authenticator, AuthenticatorVerdict, Caller, TokenExchange } from './authenticator.ts';
import type { Credentials, PasswordCredentials } from './credentials.ts';
import { reservedPrefix, type TokenPrefix } from './token/secret-token.ts';
import type { Sessions } from './token/sessions.ts';

/** How the server checks logins. */
export interface LoginChecks {
  /** The authenticators of names and passwords, in the order in which they are asked. */
  readonly authenticators: readonly Authenticator[];
  readonly sessions: Pick<Sessions, 'resume'>;
  /** Checks the subject token of a token exchange. Undefined if the server has no token exchange. */
  readonly exchange?: TokenExchange | undefined;
}

/**
 * Finds out who sends a request. A request without credentials is anonymous on a public domain and fails on a private
 * domain. Wrong credentials always fail: they never count as anonymous, not even on a public domain.
 * @throws DockpassError `login_required`, `wrong_credentials`, `jwt_rejected`, `invalid_grant`,
 *   `invalid_subject_token`, `unsupported_grant_type`, `too_many_attempts`, `unavailable`, `busy`
 */
export async function authenticate(
  credentials: Credentials,
  caller: Caller,
  realm: Realm,
  { authenticators, sessions, exchange }: LoginChecks,
): Promise<Subject> {
  switch (credentials.kind) {
    case 'none':
      if (realm.kind === 'public') return anonymous;
      throw new DockpassError('login_required', `log in first: docker login ${formatHost(realm.host)}`);
    case 'password':
      return askChain(credentials, caller, realm, authenticators);
    case 'refresh token':
      return withUnavailableError(() => sessions.resume(credentials.token, realm, caller));
    case 'subject token':
      return askExchange(credentials.token, caller, exchange);
  }
}

/**
 * Returns true if the client has no password. Most such clients send an empty password. Watchtower sends docker's whole
 * login as JSON instead of a name and a password. The first colon ends the name in Basic credentials, so the name is
 * then `{"username"`.
 */
function hasNoPassword({ name, password }: PasswordCredentials): boolean {
  return password.reveal() === '' || name === '{"username"';
}

/**
 * Returns the message for a client that sends a user name without a password. After `docker login`, docker stores an
 * identity token in place of the password, and such a client does not read identity tokens (docs/identity-tokens.md).
 */
function emptyPasswordMessage(host: string): string {
  return `the client sent a user name without a password. After docker login, docker stores an identity token instead of the password, and this client does not read identity tokens. Create an access token with "dockpass token create", and log in with it as the password: docker login ${host}`;
}

/** Asks the authenticators in order, until one of them accepts or rejects the credentials. */
async function askChain(
  credentials: PasswordCredentials,
  caller: Caller,
  realm: Realm,
  chain: readonly Authenticator[],
): Promise<Subject> {
  // No user has an empty password. Without this check, a client that sends one regularly would lock the user out.
  if (hasNoPassword(credentials))
    throw new DockpassError('wrong_credentials', emptyPasswordMessage(formatHost(realm.host)));
  for (const authenticator of chain) {
    const answer = await withUnavailableError(() => authenticator(credentials, caller));
    if (answer.verdict === 'right') return answer.subject;
    if (answer.verdict === 'wrong' && answer.rejectedJwt !== undefined)
      throw rejectedJwt('jwt_rejected', answer.rejectedJwt);
    if (answer.verdict === 'wrong') break;
  }
  throw wrongCredentials(credentials.password, realm);
}

/** Checks the subject token of a token exchange (RFC 8693 section 2.1). It is never checked as a password. */
async function askExchange(
  token: Secret,
  caller: Caller,
  exchange: TokenExchange | undefined,
): Promise<Subject> {
  const answer = exchange === undefined ? notMine : await withUnavailableError(() => exchange(token, caller));
  switch (answer.verdict) {
    case 'right':
      return answer.subject;
    case 'wrong':
      throw rejectedJwt('invalid_subject_token', answer.rejectedJwt);
    case 'not mine':
      throw new DockpassError(
        'unsupported_grant_type',
        'the token exchange (RFC 8693) is not supported, because this server has no trust rules. Send grant_type=password or grant_type=refresh_token.',
      );
  }
}

const notMine: AuthenticatorVerdict = { verdict: 'not mine' };

/**
 * Returns the error for a JWT of a CI platform that was rejected. The client does not learn why, because the reason
 * could help an attacker. The audit log has it.
 */
function rejectedJwt(code: 'jwt_rejected' | 'invalid_subject_token', auditDetail?: string): DockpassError {
  return new DockpassError(
    code,
    'the JWT was not accepted. To see why, an administrator can run "dockpass explain" with the id of this refusal',
    { auditDetail },
  );
}

/**
 * Returns the error for wrong credentials. Its message depends only on what the client sent, never on which users
 * exist.
 */
function wrongCredentials(password: Secret, realm: Realm): DockpassError {
  const prefix = reservedPrefix(password.reveal());
  const problem = prefix === undefined ? 'wrong user name or password' : problemOfPrefix[prefix];
  return new DockpassError(
    'wrong_credentials',
    `${problem}; log in again: docker login ${formatHost(realm.host)}`,
  );
}

/** What is wrong with the login of a client that sends a text with a reserved prefix in place of a password. */
const problemOfPrefix: Readonly<Record<TokenPrefix, string>> = {
  dpp_: 'wrong user name or access token. The prefix dpp_ is reserved for access tokens, so this text is never checked as a password',
  dpr_: 'wrong robot name or robot secret. The prefix dpr_ is reserved for the secrets of robots, so this text is never checked as a password',
  dpi_: 'wrong user name or password. The prefix dpi_ is reserved for identity tokens, which clients cannot send as a password',
};

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
