import type { Clock } from '../clock.ts';
import { DockpassError } from '../errors.ts';
import { robotState } from '../identity/token/robot-state.ts';
import { createSecretToken } from '../identity/token/secret-token.ts';
import { toCanonicalName, parseNewRobotName } from '../identity/user-name.ts';
import { formatPatternActions } from './rights/right-text.ts';
import type { Secret } from '../secret.ts';
import type { OnlyRight, Ports, Robot, RobotSecret, Store } from '../store/store.ts';
import { change, quoted, secondsOf } from './change.ts';
import { requireFreeName } from './names.ts';

export interface NewRobot {
  /** As somebody typed it; it is stored in lower case. */
  readonly name: string;
  readonly only: readonly OnlyRight[];
  /** Seconds. */
  readonly expiresIn: number;
}

/**
 * Creates a robot with its first secret, which is shown once: the store knows only its hash.
 * @throws DockpassError `bad_name`, `already_exists`
 */
export async function createRobot(
  store: Store,
  clock: Clock,
  { name: text, only, expiresIn }: NewRobot,
): Promise<{ robot: Robot; secret: Secret }> {
  const name = parseNewRobotName(text);
  const createdAt = secondsOf(clock);
  const expiresAt = createdAt + expiresIn;
  const robot: Robot = { name, only, disabled: false, createdAt, expiresAt, lastUse: null };
  const { secret, row } = newSecret(name, createdAt);
  const what = `robot ${name} created for ${formatPatternActions(only)}`;
  await change(store, clock, { subject: name, what }, async (ports) => {
    await requireFreeName(ports, name, 'robot');
    await ports.robots.add(robot, row);
  });
  return { robot, secret };
}

export interface RobotRotation {
  /** Seconds for which older secrets stay valid; 0 ends them at once. */
  readonly overlap: number;
  /** Seconds from now until the robot itself expires; undefined leaves its expiry unchanged. */
  readonly expiresIn: number | undefined;
}

/**
 * Gives a robot a new secret.
 * @throws DockpassError `no_such_robot`; `bad_usage` if the robot has expired and its expiry is not moved
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

/** @returns the name as it is stored. @throws DockpassError `no_such_robot` */
export function disableRobot(store: Store, clock: Clock, text: string): Promise<string> {
  return changeRobot(store, clock, text, 'disabled', ({ robots }, name) => robots.setDisabled(name, true));
}

/** @returns the name as it is stored. @throws DockpassError `no_such_robot` */
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

/** A new secret, and the row that stands for it in the store. It ends only when another one replaces it. */
function newSecret(robot: string, createdAt: number): { secret: Secret; row: RobotSecret } {
  // 20 bytes are 160 bits.
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
    `${name} has expired, so it could not log in with a new secret either: add --expires 365d`,
  );
}
