import type { Authenticator, AuthenticatorVerdict } from '../authenticate.ts';
import type { PasswordCheck } from './check-password.ts';
import type { Throttle } from '../throttle/throttle.ts';
import { canonicalName } from '../user-name.ts';

/**
 * All ways of logging in with something that could be guessed, as one: no way in can forget the throttle, and the
 * chain ends with a refusal that costs what a wrong password costs, so nobody learns which names there are.
 * @param remembered the same ways, saying yes only to what was verified a moment ago: asked first for whoever is
 *   trusted, so that a fleet that logs in again and again costs neither hash nor count
 * @param unlockedAt when a user's wrong passwords were last forgiven, seconds since the epoch
 * @param requireRoom throws `busy` where a hash would not even be waited for: a flood of guesses then costs next to
 *   nothing, and whoever is not trusted has to come back
 */
export function passwordAuthenticator(
  throttle: Pick<Throttle, 'attempt' | 'trusts'>,
  chain: readonly Authenticator[],
  remembered: readonly Authenticator[],
  check: PasswordCheck,
  unlockedAt: (name: string) => Promise<number | null>,
  requireRoom: () => void,
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
    // Alike for all names, before anything that could tell them apart is looked up or counted.
    requireRoom();
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
