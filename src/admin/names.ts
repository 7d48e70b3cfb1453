import { DockpassError } from '../errors.ts';

/** Finds users and robots by their names. The result is undefined if there is none. */
export interface NameFinders {
  readonly users: { find(name: string): Promise<unknown> };
  readonly robots: { find(name: string): Promise<unknown> };
}

/**
 * Checks that a new user or robot can have this name. Users and robots share one name space: both log in with a name,
 * and one name must not belong to two accounts. Call this function within the transaction that adds the account.
 * @throws DockpassError `already_exists` if a user or a robot has the name
 */
export async function requireFreeName(
  { users, robots }: NameFinders,
  name: string,
  wantedFor: 'user' | 'robot',
): Promise<void> {
  if ((await users.find(name)) !== undefined) throw takenByUser(name, wantedFor);
  if ((await robots.find(name)) !== undefined) throw takenByRobot(name, wantedFor);
}

/**
 * Checks that the store has added the user or robot.
 * @param isAdded the result of the `add` call of the store. It is false if another process has added the same name in
 *   the meantime. Only an older version of dockpass can do that, because it does not take the lock of administrative
 *   changes.
 * @throws DockpassError `already_exists`
 */
export function requireAdded(isAdded: boolean, name: string, kind: 'user' | 'robot'): void {
  if (!isAdded) throw kind === 'user' ? takenByUser(name, 'user') : takenByRobot(name, 'robot');
}

/** Returns the error for a new robot with the same name as a user of the htpasswd file. */
export function takenInHtpasswd(name: string): DockpassError {
  return new DockpassError(
    'already_exists',
    `${name} is a user in the htpasswd file: choose another name for the robot`,
  );
}

function takenByUser(name: string, wantedFor: 'user' | 'robot'): DockpassError {
  return new DockpassError(
    'already_exists',
    wantedFor === 'user'
      ? `there is a user ${name} already: choose another name, or set a new password with "dockpass user passwd ${name}"`
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
