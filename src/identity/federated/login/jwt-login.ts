import type { Clock } from '../../../clock.ts';
import { DockpassError } from '../../../errors.ts';
import type { Secret } from '../../../secret.ts';
import type { AuthenticatorVerdict, Caller } from '../../authenticator.ts';
import type { Throttle } from '../../throttle/throttle.ts';
import type { LastUseRecorder } from '../../token/last-use.ts';
import { looksLikeJwt } from '../../token/jwt-form.ts';
import { describeDenial } from './denial-detail.ts';
import type { DeniedJwt, Identify } from '../identify.ts';

export interface JwtLoginParts {
  /** The times of last use of the trust rules. The key is the name of the rule. */
  readonly uses: Pick<LastUseRecorder, 'record'>;
  readonly throttle: Pick<Throttle, 'reject'>;
  /** Called with a JWT that matches a rule which waits for `dockpass trust confirm`. */
  readonly onWaiting: (denied: DeniedJwt, caller: Caller) => void;
  readonly clock: Clock;
}

/** Checks a text with which a client logs in, which may be a JWT. */
export type JwtLogin = (text: Secret, caller: Caller, identify: Identify) => Promise<AuthenticatorVerdict>;

/**
 * The largest number of rejected JWTs that this server counts in a second. It is about the number of password hashes
 * that a server computes in a second, so that rejected JWTs do not displace the counters of wrong passwords.
 */
const maxCountedInSecond = 200;

/**
 * Creates the login by JWT.
 *
 * A JWT cannot be found by trial, so a right one is always accepted, like an access token: many jobs and pods share one
 * address, and a wrong job must not lock out the others. A rejected JWT counts against the address alone, because the
 * user name that comes with it means nothing.
 */
export function createJwtLogin({ uses, throttle, onWaiting, clock }: JwtLoginParts): JwtLogin {
  let second = 0;
  let counted = 0;
  const mayCount = (): boolean => {
    const now = Math.floor(clock() / 1000);
    if (now !== second) [second, counted] = [now, 0];
    return ++counted <= maxCountedInSecond;
  };
  return async (text, caller, identify) => {
    const identification = await identify(text);
    if (identification.kind === 'accepted') {
      uses.record(identification.rule.name, caller.address);
      return { verdict: 'right', subject: identification.subject };
    }
    // A verified JWT needs no check of its form.
    if (!looksLikeJwt(text.reveal())) return { verdict: 'not mine' };
    const rejectedJwt = describeDenial(identification);
    if (identification.problem === 'keys unavailable')
      throw new DockpassError(
        'unavailable',
        'the JWT cannot be checked right now, because the keys of its issuer cannot be read. Try again in a minute',
        { retryAfter: 30, auditDetail: rejectedJwt },
      );
    if (identification.problem === 'waits for confirmation') onWaiting(identification, caller);
    if (mayCount()) await throttle.reject(caller.address, text);
    return { verdict: 'wrong', rejectedJwt };
  };
}
