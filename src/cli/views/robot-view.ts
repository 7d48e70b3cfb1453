import type { RobotView } from '../../admin/views/robot-view.ts';
import { print } from '../output.ts';
import { loginRow } from './login-row.ts';

/** Prints the fields and rights of a robot, one in a line. */
export function printRobot(robot: RobotView): void {
  const { description, owner, ...shown } = loginRow(robot);
  for (const [key, value] of Object.entries({ ...shown, created: robot.created }))
    if (key !== 'only') print(`${key}: ${value}`);
  for (const [key, value] of Object.entries({ owner, description }))
    print(`${key}: ${value === '' ? 'none' : value}`);
  for (const right of robot.only) print(`holds: ${right.pattern} ${right.actions.join(',')}`);
}
