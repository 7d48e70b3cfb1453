import type { Clock } from '../clock.ts';
import { DockpassError } from '../errors.ts';
import { isHtpasswdUser } from '../identity/password/htpasswd-file.ts';
import { robotState } from '../identity/token/robot-state.ts';
import { createSecretToken } from '../identity/token/secret-token.ts';
import { toCanonicalName, parseNewRobotName } from '../identity/user-name.ts';
import { formatPatternActions } from './rights/right-text.ts';
import type { Secret } from '../secret.ts';
import type { OnlyRight, Ports, Robot, RobotSecret, Store } from '../store/store.ts';
import { change, quoted, secondsOf } from './change.ts';
import { requireAdded, requireFreeName, takenInHtpasswd } from './names.ts';

export interface NewRobot {
  /** The name as a person typed it. The database stores it in lower case. */
  readonly name: string;
  readonly only: readonly OnlyRight[];
  /** How long the robot is valid, in seconds. */
  readonly expiresIn: number;
  /** The path of the htpasswd file, whose names a robot cannot have. Null if there is no such file. */
  readonly htpasswd?: string | null;
}

/**
 * Creates a robot with its first secret. The secret is shown once, because the store contains only its hash.
 * @throws DockpassError `bad_name`, `already_exists`
 */
export async function createRobot(
  store: Store,
  clock: Clock,
  { name: text, only, expiresIn, htpasswd = null }: NewRobot,
): Promise<{ robot: Robot; secret: Secret }> {
  const name = parseNewRobotName(text);
  if (await isHtpasswdUser(htpasswd, name)) throw takenInHtpasswd(name);
  const createdAt = secondsOf(clock);
  const expiresAt = createdAt + expiresIn;
  const robot: Robot = { name, only, disabled: false, createdAt, expiresAt, lastUse: null };
  const { secret, row } = newSecret(name, createdAt);
  const what = `robot ${name} created with rights: ${formatPatternActions(only)}`;
  await change(store, clock, { subject: name, what }, async (ports) => {
    await requireFreeName(ports, name, 'robot');
    requireAdded(await ports.robots.add(robot, row), name, 'robot');
  });
  return { robot, secret };
}

export interface RobotRotation {
  /** How long older secrets stay valid after the rotation, in seconds. If 0, they expire at once. */
  readonly overlap: number;
  /** The number of seconds until the robot itself expires. If undefined, the expiry of the robot does not change. */
  readonly expiresIn: number | undefined;
}

/**
 * Gives a robot a new secret. Older secrets stay valid for a grace period.
 * @throws DockpassError `no_such_robot`; `bad_usage` if the robot has expired and `expiresIn` is undefined
 */
export async function rotateRobotSecret(
  store: Store,
  clock: Clock,
  text: string,
  { overlap, expiresIn }: RobotRotation,
): Promise<{ robot: Robot; secret: Secret; oldSecretsEndAt: number }> {
  const name = toCanonicalName(text);
  const createdAt = secondsOf(clock);
  const oldSecretsEndAt = createdAt + overlap;
  const expiresAt = expiresIn === undefined ? undefined : createdAt + expiresIn;
  const { secret, row } = newSecret(name, createdAt);
  const what = `secret of robot ${name} rotated`;
  const robot = await change(store, clock, { subject: name, what }, async (ports) => {
    const known = await findRobot(ports, text);
    if (expiresAt === undefined && robotState(known, createdAt) === 'expired') throw expired(name);
    await ports.robots.rotate(row, oldSecretsEndAt, expiresAt);
    return findRobot(ports, text);
  });
  return { robot, secret, oldSecretsEndAt };
}

/** Disables a robot. @returns the name as it is stored. @throws DockpassError `no_such_robot` */
export function disableRobot(store: Store, clock: Clock, text: string): Promise<string> {
  return changeRobot(store, clock, text, 'disabled', ({ robots }, name) => robots.setDisabled(name, true));
}

/** Lets a disabled robot log in again. @returns the name as it is stored. @throws DockpassError `no_such_robot` */
export function enableRobot(store: Store, clock: Clock, text: string): Promise<string> {
  return changeRobot(store, clock, text, 'enabled', ({ robots }, name) => robots.setDisabled(name, false));
}

/** Removes a robot with its secrets. @returns the name as it was stored. @throws DockpassError `no_such_robot` */
export function removeRobot(store: Store, clock: Clock, text: string): Promise<string> {
  return changeRobot(store, clock, text, 'removed', ({ robots }, name) => robots.remove(name));
}

async function changeRobot(
  store: Store,
  clock: Clock,
  text: string,
  done: string,
  work: (ports: Ports, name: string) => Promise<boolean>,
): Promise<string> {
  const name = toCanonicalName(text);
  await change(store, clock, { subject: name, what: `robot ${name} ${done}` }, async (ports) => {
    if (!(await work(ports, name))) throw noSuchRobot(text);
  });
  return name;
}

/**
 * Creates a secret of a robot and its database row. The row has no expiry time yet. The next rotation sets the expiry
 * time of this secret.
 */
function newSecret(robot: string, createdAt: number): { secret: Secret; row: RobotSecret } {
  // A secret has 20 random bytes, which are 160 bits.
  const { text: secret, token } = createSecretToken('dpr_', 20);
  return { secret, row: { hash: token.hash, robot, createdAt, expiresAt: null } };
}

async function findRobot({ robots }: Pick<Ports, 'robots'>, text: string): Promise<Robot> {
  const robot = await robots.find(toCanonicalName(text));
  if (robot === undefined) throw noSuchRobot(text);
  return robot;
}

function noSuchRobot(text: string): DockpassError {
  return new DockpassError(
    'no_such_robot',
    `there is no robot ${quoted(text)}: run "dockpass robot list" to see all robots`,
  );
}

function expired(name: string): DockpassError {
  return new DockpassError(
    'bad_usage',
    `the robot ${name} has expired, so it cannot log in even with a new secret: also set a new expiry, for example with --expires 365d`,
  );
}
