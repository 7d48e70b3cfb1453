import { networkOf } from '../../net/address-prefix.ts';
import type { Authenticator, AuthenticatorVerdict } from '../authenticator.ts';
import type { PasswordCheck } from './check-password.ts';
import type { LoginAttempt, Throttle } from '../throttle/throttle.ts';
import { toCanonicalName } from '../user-name.ts';

/** What the throttle needs to know about the user name of a login. The name may be one that no user has. */
export type ThrottledAccount = Pick<LoginAttempt, 'unlockedAt' | 'accountExists'>;

/**
 * Combines several authenticators into one that applies the throttle to each login. Use it for authenticators whose
 * secrets an attacker could find by trial, such as passwords that people choose. If no authenticator knows the user
 * name, the login still computes the same hashes as for a wrong password, so that response times do not reveal which
 * users exist.
 * @param chain the authenticators, in the order in which they are asked
 * @param cachedChain the same authenticators, but with a password check that only looks into the cache. They are asked
 *   first if the user has recently logged in from the client's address, and no wrong password for this user has come
 *   from there since then. So a client that often logs in with the correct password causes no hash computation and is
 *   not throttled.
 * @param findAccount returns what the throttle needs to know about a name
 * @param requireRoom throws `busy` if the queue of hash computations has no room for the client's network. So during a
 *   flood of login attempts, dockpass rejects attempts before it reads the store or computes a hash.
 */
export function createPasswordAuthenticator(
  throttle: Pick<Throttle, 'attempt' | 'trusts'>,
  chain: readonly Authenticator[],
  cachedChain: readonly Authenticator[],
  check: PasswordCheck,
  findAccount: (name: string) => Promise<ThrottledAccount>,
  requireRoom: (network: string) => void,
): Authenticator {
  return async (credentials, caller) => {
    const name = toCanonicalName(credentials.name);
    const { password } = credentials;
    if (throttle.trusts(name, caller.address)) {
      for (const authenticator of cachedChain) {
        const answer = await authenticator(credentials, caller);
        if (answer.verdict === 'right') return answer;
      }
    }
    const { address } = caller;
    // If the queue of hash computations is full, reject the login here, before the throttle counts the attempt. The
    // user has not been read from the store yet, so the response does not reveal whether the user exists.
    requireRoom(networkOf(address));
    const askChain = async (): Promise<AuthenticatorVerdict> => {
      for (const authenticator of chain) {
        const answer = await authenticator(credentials, caller);
        if (answer.verdict !== 'not mine') return answer;
      }
      await check(name, password, undefined, address);
      return { verdict: 'wrong' };
    };
    const attempt = { name, password, address, ...(await findAccount(name)) };
    return throttle.attempt(attempt, askChain, ({ verdict }) => verdict === 'right');
  };
}
