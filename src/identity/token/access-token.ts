import type { Clock } from '../../clock.ts';
import type { Right } from '../../policy/rights.ts';
import type { UserSubject } from '../../policy/subject.ts';
import type { AccessToken } from '../../store/store.ts';
import { enabledSubject, type Account } from '../account.ts';
import type { AuthenticatorVerdict, TokenAuthenticator } from '../authenticator.ts';
import { isNameOf } from '../user-name.ts';
import type { LastUseRecorder } from './last-use.ts';
import { parseSecretToken } from './secret-token.ts';
import { tokenRestriction } from './token-rights.ts';

/** The data that a login needs about an access token. */
export interface KnownAccessToken extends Pick<
  AccessToken,
  'user' | 'name' | 'createdAt' | 'expiresAt' | 'api'
> {
  /** The rights that the token is restricted to. Undefined if it has all rights of its owner. */
  readonly only: readonly Right[] | undefined;
  /** The user who owns the token. Undefined if this user is disabled. */
  readonly owner: UserSubject | undefined;
}

export interface AccessTokenParts {
  /**
   * Finds an access token by the SHA-256 of its text. The function may use a cache, but the first call after a change
   * in the store must return the changed data.
   */
  readonly find: (hash: string) => Promise<KnownAccessToken | undefined>;
  readonly lastUses: Pick<LastUseRecorder, 'record'>;
  readonly clock: Clock;
}

const wrong: AuthenticatorVerdict = { verdict: 'wrong' };

/**
 * Creates an authenticator that logs in users with a personal access token instead of a password. Access tokens have a
 * prefix, so this authenticator recognizes even a wrong token, and no access token is ever checked as a password.
 * An access token is too long to be found by trial, so checking it needs no slow hash and no throttle.
 */
export function createAccessTokenAuthenticator({
  find,
  lastUses,
  clock,
}: AccessTokenParts): TokenAuthenticator {
  return async ({ name, password }, { address }) => {
    const text = password.reveal();
    if (!text.startsWith('dpp_')) return { verdict: 'not mine' };
    const secret = parseSecretToken(text);
    if (secret === undefined) return wrong;
    const token = await find(secret.hash);
    if (token === undefined || !isNameOf(token.user, name)) return wrong;
    if (token.expiresAt !== null && clock() >= token.expiresAt * 1000) return wrong;
    if (token.owner === undefined) return wrong;
    lastUses.record(secret.hash, address);
    return { verdict: 'right', subject: accessTokenSubject(token, token.owner) };
  };
}

/** Returns the policy subject of a user who logged in with an access token. */
export function accessTokenSubject(token: KnownAccessToken, owner: UserSubject): UserSubject {
  const { only, api, name } = token;
  return { ...owner, only, through: 'access token', api, tokenName: name };
}

/** Converts a stored token and its owner into the form that a login needs. */
export function toKnownAccessToken(token: AccessToken, owner: Account): KnownAccessToken {
  const { user, name, createdAt, expiresAt, api = false } = token;
  return {
    user,
    name,
    createdAt,
    expiresAt,
    api,
    only: tokenRestriction(token),
    owner: enabledSubject(owner),
  };
}
