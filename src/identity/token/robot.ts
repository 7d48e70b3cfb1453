import type { Clock } from '../../clock.ts';
import type { RobotSubject } from '../../policy/subject.ts';
import type { Robot, RobotSecret } from '../../store/store.ts';
import type { Authenticator, AuthenticatorVerdict } from '../authenticator.ts';
import { toCanonicalName } from '../user-name.ts';
import type { LastUseRecorder } from './last-use.ts';
import { parseSecretToken } from './secret-token.ts';
import { compileRights } from './token-rights.ts';

/** A robot and one of its secrets, in the form that a login needs. */
export interface KnownRobot {
  readonly subject: RobotSubject;
  readonly disabled: boolean;
  /** When the robot or the secret expires, whichever comes first, in seconds since the epoch. */
  readonly expiresAt: number;
}

export interface RobotParts {
  /**
   * Finds a robot by the SHA-256 of its secret. It may answer from a cache, but must see a change of the store with the
   * next request.
   */
  readonly find: (hash: string) => Promise<KnownRobot | undefined>;
  readonly lastUses: Pick<LastUseRecorder, 'record'>;
  readonly clock: Clock;
}

const wrong: AuthenticatorVerdict = { verdict: 'wrong' };

/** Logs in robots with their name and their secret. The secret has a prefix, by which it is recognized. */
export function createRobotAuthenticator({ find, lastUses, clock }: RobotParts): Authenticator {
  return async ({ name, password }, { address }) => {
    const text = password.reveal();
    if (!text.startsWith('dpr_')) return { verdict: 'not mine' };
    const secret = parseSecretToken(text);
    if (secret === undefined) return wrong;
    const robot = await find(secret.hash);
    if (robot === undefined || robot.subject.name !== toCanonicalName(name)) return wrong;
    if (robot.disabled || clock() >= robot.expiresAt * 1000) return wrong;
    lastUses.record(robot.subject.name, address);
    return { verdict: 'right', subject: robot.subject };
  };
}

/** Converts a stored robot and one of its secrets into the form that a login needs. */
export function toKnownRobot({ robot, secret }: { robot: Robot; secret: RobotSecret }): KnownRobot {
  return {
    subject: { kind: 'robot', name: robot.name, rights: compileRights(robot.only) },
    disabled: robot.disabled,
    expiresAt: Math.min(robot.expiresAt ?? Infinity, secret.expiresAt ?? Infinity),
  };
}
