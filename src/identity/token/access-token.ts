import type { Clock } from '../../clock.ts';
import type { Right } from '../../policy/rights.ts';
import type { AccessToken } from '../../store/store.ts';
import type { Account } from '../account.ts';
import type { Authenticator, AuthenticatorVerdict } from '../authenticator.ts';
import type { LastUseRecorder } from './last-use.ts';
import { enabledSubject } from '../account.ts';
import { tokenRestriction } from './token-rights.ts';
import { parseSecretToken } from './secret-token.ts';
import type { UserSubject } from '../../policy/subject.ts';
import { toCanonicalName } from '../user-name.ts';

/** An access token as it is kept in memory. */
export interface KnownAccessToken extends Pick<AccessToken, 'user' | 'expiresAt'> {
  readonly only: readonly Right[] | undefined;
  /** Undefined where its user is disabled. */
  readonly owner: UserSubject | undefined;
}

export interface AccessTokenParts {
  /** By the SHA-256 of the secret. May answer from memory, as long as a change is seen with the next request. */
  readonly find: (hash: string) => Promise<KnownAccessToken | undefined>;
  readonly lastUses: Pick<LastUseRecorder, 'record'>;
  readonly clock: Clock;
}

const wrong: AuthenticatorVerdict = { verdict: 'wrong' };

/**
 * Personal access tokens: they go where the password goes, with their owner's name. Known by their prefix, so that no
 * wrong one is ever tried as a password, none waits for a hash, and none is held up by somebody's guesses.
 */
export function createAccessTokenAuthenticator({ find, lastUses, clock }: AccessTokenParts): Authenticator {
  return async ({ name, password }, { address }) => {
    const text = password.reveal();
    if (!text.startsWith('dpp_')) return { verdict: 'not mine' };
    const secret = parseSecretToken(text);
    if (secret === undefined) return wrong;
    const token = await find(secret.hash);
    if (token === undefined || token.user !== toCanonicalName(name)) return wrong;
    if (token.expiresAt !== null && clock() >= token.expiresAt * 1000) return wrong;
    if (token.owner === undefined) return wrong;
    lastUses.record(secret.hash, address);
    return { verdict: 'right', subject: { ...token.owner, only: token.only, through: 'access token' } };
  };
}

/** What of a stored token and its owner a login needs, read once. */
export function toKnownAccessToken(token: AccessToken, owner: Account): KnownAccessToken {
  const { user, expiresAt } = token;
  return { user, expiresAt, only: tokenRestriction(token), owner: enabledSubject(owner) };
}
