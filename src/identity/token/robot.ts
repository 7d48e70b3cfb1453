import type { Clock } from '../../clock.ts';
import type { RobotSubject } from '../../policy/subject.ts';
import type { Robot, RobotSecret } from '../../store/store.ts';
import type { AuthenticatorVerdict, TokenAuthenticator } from '../authenticator.ts';
import { isNameOf } from '../user-name.ts';
import type { LastUseRecorder } from './last-use.ts';
import { parseSecretToken } from './secret-token.ts';
import { compileRights } from './token-rights.ts';

/** The data that a login needs about a robot and one of the robot's secrets. */
export interface KnownRobot {
  readonly subject: RobotSubject;
  readonly disabled: boolean;
  /** The time at which the robot or its secret expires, whichever is earlier, in seconds since the epoch. */
  readonly expiresAt: number;
}

export interface RobotParts {
  /**
   * Finds a robot by the SHA-256 of its secret. The function may use a cache, but the first call after a change in the
   * store must return the changed data.
   */
  readonly find: (hash: string) => Promise<KnownRobot | undefined>;
  readonly lastUses: Pick<LastUseRecorder, 'record'>;
  readonly clock: Clock;
}

const wrong: AuthenticatorVerdict = { verdict: 'wrong' };

/**
 * Creates an authenticator that logs in robots with their name and their secret. It recognizes the secret of a robot by
 * its prefix.
 */
export function createRobotAuthenticator({ find, lastUses, clock }: RobotParts): TokenAuthenticator {
  return async ({ name, password }, { address }) => {
    const text = password.reveal();
    if (!text.startsWith('dpr_')) return { verdict: 'not mine' };
    const secret = parseSecretToken(text);
    if (secret === undefined) return wrong;
    const robot = await find(secret.hash);
    if (robot === undefined || !isNameOf(robot.subject.name, name)) return wrong;
    if (robot.disabled || clock() >= robot.expiresAt * 1000) return wrong;
    lastUses.record(robot.subject.name, address);
    return { verdict: 'right', subject: robot.subject };
  };
}

/** Converts a stored robot and one of its secrets into the form that a login needs. */
export function toKnownRobot({ robot, secret }: { robot: Robot; secret: RobotSecret }): KnownRobot {
  return {
    subject: {
      kind: 'robot',
      name: robot.name,
      rights: compileRights(robot.only),
      ...(robot.api === true && { api: true }),
    },
    disabled: robot.disabled,
    expiresAt: Math.min(robot.expiresAt ?? Infinity, secret.expiresAt ?? Infinity),
  };
}
