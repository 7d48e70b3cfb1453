import { DockpassError } from '../errors.ts';
import type { Ports } from '../store/store.ts';

/**
 * Checks that a new user or robot can have the name. Users and robots share one name space, because both log in with a
 * name: one name must not stand for two accounts. Call this within the transaction that adds the account.
 * @throws DockpassError `already_exists` if a user or a robot has the name
 */
export async function requireFreeName(
  { users, robots }: Pick<Ports, 'users' | 'robots'>,
  name: string,
  wantedFor: 'user' | 'robot',
): Promise<void> {
  if ((await users.find(name)) !== undefined) throw takenByUser(name, wantedFor);
  if ((await robots.find(name)) !== undefined) throw takenByRobot(name, wantedFor);
}

function takenByUser(name: string, wantedFor: 'user' | 'robot'): DockpassError {
  return new DockpassError(
    'already_exists',
    wantedFor === 'user'
      ? `${name} is taken: choose another name, or set a new password with "dockpass user passwd ${name}"`
      : `${name} is a user: choose another name for the robot`,
  );
}

function takenByRobot(name: string, wantedFor: 'user' | 'robot'): DockpassError {
  return new DockpassError(
    'already_exists',
    wantedFor === 'robot'
      ? `there is a robot ${name} already: choose another name, or create a new secret with "dockpass robot rotate ${name}"`
      : `${name} is a robot: choose another name for the user`,
  );
}
