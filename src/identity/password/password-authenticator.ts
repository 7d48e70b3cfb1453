import type { Authenticator, AuthenticatorVerdict } from '../authenticator.ts';
import type { PasswordCheck } from './check-password.ts';
import type { Throttle } from '../throttle/throttle.ts';
import { toCanonicalName } from '../user-name.ts';

/**
 * Combines all authenticators whose secrets an attacker could find by trying, such as passwords that people choose. It
 * puts the throttle in front of all of them. If none of them knows the name, the login still costs the hashes of a
 * wrong password, so that response times do not reveal which users exist.
 * @param cachedChain the same authenticators, but with a check that looks into the cache only. They are asked first if
 *   the throttle trusts the client. Clients that log in again and again then cost no hash and are not throttled.
 * @param unlockedAt when an administrator last unlocked the user, in seconds since the epoch
 * @param requireRoom throws `busy` if the queue of hashes is full. A flood of login attempts then costs almost nothing.
 */
export function createPasswordAuthenticator(
  throttle: Pick<Throttle, 'attempt' | 'trusts'>,
  chain: readonly Authenticator[],
  cachedChain: readonly Authenticator[],
  check: PasswordCheck,
  unlockedAt: (name: string) => Promise<number | null>,
  requireRoom: () => void,
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
    // This comes before the name is looked up or counted, so that known and unknown names are treated alike.
    requireRoom();
    const askChain = async (): Promise<AuthenticatorVerdict> => {
      for (const authenticator of chain) {
        const answer = await authenticator(credentials, caller);
        if (answer.verdict !== 'not mine') return answer;
      }
      await check(name, password, undefined);
      return { verdict: 'wrong' };
    };
    const attempt = { name, password, address: caller.address, unlockedAt: await unlockedAt(name) };
    return throttle.attempt(attempt, askChain, ({ verdict }) => verdict === 'right');
  };
}
