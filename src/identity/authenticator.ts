import type { Subject } from '../policy/subject.ts';
import type { Secret } from '../secret.ts';
import type { PasswordCredentials } from './credentials.ts';

/** The client that sends the login request. */
export interface Caller {
  /**
   * The IP address of the client. The throttle counts failed logins for each address. When a client logs in with a
   * secret, the store records the address together with the time of the login.
   */
  readonly address: string;
}

/**
 * Checks one kind of credentials, for example access tokens or the passwords of local users. The server holds a chain
 * of authenticators and asks them in order. To support another kind of login, implement this type.
 *
 * If an authenticator cannot answer, for example because the database is down, it throws. The login then fails, and no
 * other authenticator is asked.
 */
export type Authenticator = (
  credentials: PasswordCredentials,
  caller: Caller,
) => Promise<AuthenticatorVerdict>;

/**
 * Like `Authenticator`, but for secrets that dockpass has created. Such a secret belongs to one user or robot, so the
 * client can also send it without a name, as a bearer token (RFC 6750).
 */
export type TokenAuthenticator = (
  credentials: TokenCredentials,
  caller: Caller,
) => Promise<AuthenticatorVerdict>;

/** A secret with the name that the client sent. If the name is undefined, the client sent none. */
export interface TokenCredentials {
  readonly name: string | undefined;
  readonly password: Secret;
}

/**
 * Checks the JWT of a token exchange (RFC 8693). The verdict is `not mine` if the server accepts no JWTs because it has
 * no trust rules.
 */
export type TokenExchange = (token: Secret, caller: Caller) => Promise<AuthenticatorVerdict>;

export type AuthenticatorVerdict =
  /** This authenticator does not handle these credentials, so the server asks the next authenticator in the chain. */
  | { readonly verdict: 'not mine' }
  /**
   * The credentials are wrong. The login fails, and no other authenticator is asked. `rejectedJwt` is there if they are
   * a JWT: it says for the audit log why the JWT was rejected, and never contains it.
   */
  | { readonly verdict: 'wrong'; readonly rejectedJwt?: string }
  | { readonly verdict: 'right'; readonly subject: Subject };
