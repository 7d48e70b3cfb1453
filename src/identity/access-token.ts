import type { Clock } from '../clock.ts';
import type { Right } from '../policy/rights.ts';
import type { AccessToken } from '../store/store.ts';
import type { Authenticator, AuthenticatorVerdict } from './authenticate.ts';
import type { LastUseRecorder } from './last-use.ts';
import { readOnlyRights } from './only-rights.ts';
import { readSecretToken } from './secret-token.ts';
import type { UserSubject } from './subject.ts';
import { canonicalName } from './user-name.ts';

/** An access token as it is kept in memory. */
export interface KnownAccessToken extends Pick<AccessToken, 'user' | 'expiresAt'> {
  readonly only: readonly Right[] | undefined;
}

export interface AccessTokenParts {
  /** By the SHA-256 of the secret. May answer from memory, as long as a change is seen with the next request. */
  readonly find: (hash: string) => Promise<KnownAccessToken | undefined>;
  /** Undefined for whoever is not there or is disabled. */
  readonly findSubject: (user: string) => Promise<UserSubject | undefined>;
  readonly lastUses: Pick<LastUseRecorder, 'used'>;
  readonly clock: Clock;
}

const wrong: AuthenticatorVerdict = { verdict: 'wrong' };

/**
 * Personal access tokens: they go where the password goes, with their owner's name. Known by their prefix, so that no
 * wrong one is ever tried as a password, none waits for a hash, and none is held up by somebody's guesses.
 */
export function accessTokens({ find, findSubject, lastUses, clock }: AccessTokenParts): Authenticator {
  return async ({ name, password }, { address }) => {
    const text = password.reveal();
    if (!text.startsWith('dpp_')) return { verdict: 'not mine' };
    const secret = readSecretToken(text);
    if (secret === undefined) return wrong;
    const user = canonicalName(name);
    // At once: where neither is in memory, both cost one round trip to the database.
    const [token, subject] = await Promise.all([find(secret.hash), findSubject(user)]);
    if (token === undefined || token.user !== user) return wrong;
    if (token.expiresAt !== null && clock() >= token.expiresAt * 1000) return wrong;
    if (subject === undefined) return wrong;
    lastUses.used(secret.hash, address);
    return { verdict: 'right', subject: { ...subject, only: token.only, through: 'access token' } };
  };
}

/** What of a stored token a login needs, read once. */
export function knownAccessToken({ user, expiresAt, only }: AccessToken): KnownAccessToken {
  return { user, expiresAt, only: only === null ? undefined : readOnlyRights(only) };
}
