import type { Authenticator, AuthenticatorVerdict } from './authenticate.ts';
import type { ThoroughCheck } from './check-password.ts';
import type { Throttle } from './throttle.ts';
import { canonicalName } from './user-name.ts';

/**
 * All ways of logging in with something that could be guessed, as one: no way in can forget the throttle, and the
 * chain ends with a refusal that costs what a wrong password costs, so nobody learns which names there are.
 * @param remembered the same ways, saying yes only to what was verified a moment ago: asked first for whoever is
 *   trusted, so that a fleet that logs in again and again costs neither hash nor count
 * @param unlockedAt when a user's wrong passwords were last forgiven, seconds since the epoch
 */
export function passwordLogins(
  throttle: Pick<Throttle, 'attempt' | 'trusts'>,
  chain: readonly Authenticator[],
  remembered: readonly Authenticator[],
  check: ThoroughCheck,
  unlockedAt: (name: string) => Promise<number | null>,
): Authenticator {
  return async (credentials, caller) => {
    const name = canonicalName(credentials.name);
    const { password } = credentials;
    if (throttle.trusts(name, caller.address)) {
      for (const authenticator of remembered) {
        const answer = await authenticator(credentials, caller);
        if (answer.verdict === 'right') return answer;
      }
    }
    check.requireRoomFor(name);
    const ask = async (): Promise<AuthenticatorVerdict> => {
      for (const authenticator of chain) {
        const answer = await authenticator(credentials, caller);
        if (answer.verdict !== 'not mine') return answer;
      }
      await check(name, password, undefined);
      return { verdict: 'wrong' };
    };
    const guess = { name, password, address: caller.address, unlockedAt: await unlockedAt(name) };
    return throttle.attempt(guess, ask, ({ verdict }) => verdict === 'right');
  };
}
