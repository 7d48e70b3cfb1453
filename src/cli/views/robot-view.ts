import { formatPatternActions } from '../../admin/rights/right-text.ts';
import { systemClock } from '../../clock.ts';
import { robotState } from '../../identity/token/robot-state.ts';
import type { Secret } from '../../secret.ts';
import type { Robot } from '../../store/store.ts';
import { formatTime, print } from '../output.ts';

/** Returns a robot in the form that `--json` prints, without the hashes of its secrets. */
export function publicView(robot: Robot) {
  const { name, only, createdAt, expiresAt, lastUse, api = false } = robot;
  return {
    name,
    only,
    state: stateOf(robot),
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

/** Returns a robot as a row of the table of `robot list`. */
export function tableRow(robot: RobotView) {
  const { name, state, expires, lastUsed, lastUsedFrom, api, owner, description } = robot;
  return {
    name,
    only: formatPatternActions(robot.only),
    state,
    expires: expires ?? 'never',
    'last used': lastUsed === null ? 'never' : `${lastUsed} from ${lastUsedFrom}`,
    api: api ? 'yes' : 'no',
    owner: owner ?? '',
    description: description ?? '',
  };
}

/** Returns a robot with its new secret in the form that `rotate --json` prints. */
export function secretView({ name, expires }: RobotView, secret: Secret, oldSecretsEnd: string) {
  return { name, secret: secret.reveal(), expires, oldSecretsEnd };
}

/** Prints the fields and rights of a robot, one in a line. */
export function printRobot(robot: RobotView): void {
  const { description, owner, ...shown } = tableRow(robot);
  for (const [key, value] of Object.entries({ ...shown, created: robot.created }))
    if (key !== 'only') print(`${key}: ${value}`);
  for (const [key, value] of Object.entries({ owner, description }))
    print(`${key}: ${value === '' ? 'none' : value}`);
  for (const right of robot.only) print(`holds: ${right.pattern} ${right.actions.join(',')}`);
}

function stateOf(robot: Robot) {
  return robotState(robot, Math.floor(systemClock() / 1000));
}
