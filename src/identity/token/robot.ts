import type { Clock } from '../../clock.ts';
import type { Robot, RobotSecret } from '../../store/store.ts';
import type { Authenticator, AuthenticatorVerdict } from '../authenticator.ts';
import type { LastUseRecorder } from './last-use.ts';
import { compileRights } from './token-rights.ts';
import { parseSecretToken } from './secret-token.ts';
import type { RobotSubject } from '../../policy/subject.ts';
import { toCanonicalName } from '../user-name.ts';

/** A robot's secret as it is kept in memory. */
export interface KnownRobot {
  readonly subject: RobotSubject;
  readonly disabled: boolean;
  /** Seconds since the epoch: the robot's end or the secret's, whichever comes first. */
  readonly expiresAt: number;
}

export interface RobotParts {
  /** By the SHA-256 of the secret. May answer from memory, as long as a change is seen with the next request. */
  readonly find: (hash: string) => Promise<KnownRobot | undefined>;
  readonly lastUses: Pick<LastUseRecorder, 'record'>;
  readonly clock: Clock;
}

const wrong: AuthenticatorVerdict = { verdict: 'wrong' };

/** Robots log in with their name and their secret, which has a prefix of its own. They have no password. */
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

/** What of a stored robot a login needs, read once. */
export function toKnownRobot({ robot, secret }: { robot: Robot; secret: RobotSecret }): KnownRobot {
  return {
    subject: { kind: 'robot', name: robot.name, rights: compileRights(robot.only) },
    disabled: robot.disabled,
    expiresAt: Math.min(robot.expiresAt ?? Infinity, secret.expiresAt ?? Infinity),
  };
}
