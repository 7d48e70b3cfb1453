import { formatPatternActions } from '../../admin/rights/right-text.ts';
import type { RobotView } from '../../admin/views/robot-view.ts';
import { print } from '../output.ts';

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

/** Prints the fields and rights of a robot, one in a line. */
export function printRobot(robot: RobotView): void {
  const { description, owner, ...shown } = tableRow(robot);
  for (const [key, value] of Object.entries({ ...shown, created: robot.created }))
    if (key !== 'only') print(`${key}: ${value}`);
  for (const [key, value] of Object.entries({ owner, description }))
    print(`${key}: ${value === '' ? 'none' : value}`);
  for (const right of robot.only) print(`holds: ${right.pattern} ${right.actions.join(',')}`);
}
