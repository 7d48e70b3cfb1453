import { systemClock } from '../../clock.ts';
import { robotState } from '../../identity/token/robot-state.ts';
import type { Secret } from '../../secret.ts';
import type { Robot } from '../../store/store.ts';
import { formatTime } from './time.ts';

/** Returns a robot in the form that `--json` prints and the API contains, without the hashes of its secrets. */
export function publicView(robot: Robot, now = systemClock()) {
  const { name, only, createdAt, expiresAt, lastUse, api = false } = robot;
  return {
    name,
    only,
    state: stateOf(robot, now),
    created: formatTime(createdAt),
    expires: expiresAt === null ? null : formatTime(expiresAt),
    lastUsed: lastUse === null ? null : formatTime(lastUse.at),
    lastUsedFrom: lastUse?.from ?? null,
    api,
    description: robot.description ?? null,
    owner: robot.owner ?? null,
  };
}

export type RobotView = ReturnType<typeof publicView>;

/** Returns a robot with its new secret in the form that `rotate --json` prints. */
export function secretView({ name, expires }: RobotView, secret: Secret, oldSecretsEnd: string) {
  return { name, secret: secret.reveal(), expires, oldSecretsEnd };
}

/** @param now milliseconds since the epoch */
export function stateOf(robot: Robot, now = systemClock()) {
  return robotState(robot, Math.floor(now / 1000));
}
