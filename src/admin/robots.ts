import { createChangeEvent } from '../audit/change-event.ts';
import { formatEventText } from '../audit/event-text.ts';
import type { Clock } from '../clock.ts';
import { DockpassError } from '../errors.ts';
import { isHtpasswdUser } from '../identity/password/htpasswd-file.ts';
import { robotState } from '../identity/token/robot-state.ts';
import { createSecretToken } from '../identity/token/secret-token.ts';
import { toCanonicalName, parseNewRobotName } from '../identity/user-name.ts';
import { formatPatternActions } from './rights/right-text.ts';
import type { Secret } from '../secret.ts';
import type { Label, OnlyRight, Ports, Robot, RobotSecret, Store } from '../store/store.ts';
import { change, changeIf, quoted, secondsOf } from './change.ts';
import { formatApi, formatLabel, parseLabel, withoutEmptyTexts } from './people/labels.ts';
import { requireAdded, requireFreeName, takenInHtpasswd } from './names.ts';

export interface NewRobot extends Label {
  /** The name as a person typed it. The database stores it in lower case. */
  readonly name: string;
  readonly only: readonly OnlyRight[];
  /** How long the robot is valid, in seconds. */
  readonly expiresIn: number;
  /** If true, the administration API accepts the secrets of the robot. By default, it does not. */
  readonly api?: boolean;
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
  { name: text, only, expiresIn, api = false, htpasswd = null, ...texts }: NewRobot,
): Promise<{ robot: Robot; secret: Secret }> {
  const name = parseNewRobotName(text);
  const label = withoutEmptyTexts(parseLabel(texts));
  if (await isHtpasswdUser(htpasswd, name)) throw takenInHtpasswd(name);
  const createdAt = secondsOf(clock);
  const expiresAt = createdAt + expiresIn;
  const robot: Robot = {
    ...{ name, only, disabled: false, createdAt, expiresAt, lastUse: null },
    ...(api && { api }),
    ...label,
  };
  const { secret, row } = newSecret(name, createdAt);
  const what = `robot ${name} created with rights: ${formatPatternActions(only)}${formatApi(api)}${formatLabel(label)}`;
  await change(store, clock, { subject: name, what }, async (ports) => {
    await requireFreeName(ports, name, 'robot');
    requireAdded(await ports.robots.add(robot, row), name, 'robot');
  });
  return { robot, secret };
}

/**
 * The changes to a robot. A property that is undefined stays as it is. An empty description or owner removes the stored
 * one.
 */
export interface RobotSettings extends Label {
  /** Replaces the whole list of rights. */
  readonly only?: readonly OnlyRight[];
  /** How long the robot is valid from now on, in seconds. */
  readonly expiresIn?: number;
  readonly disabled?: boolean;
}

/**
 * Changes the rights, the expiry, the label or the state of a robot. Its secret stays valid.
 * @returns the robot after the change
 * @throws DockpassError `no_such_robot`; `bad_usage` if there is nothing to change
 */
export async function setRobot(
  store: Store,
  clock: Clock,
  text: string,
  { only, expiresIn, disabled, ...texts }: RobotSettings,
): Promise<Robot> {
  const name = toCanonicalName(text);
  const label = parseLabel(texts);
  const expiresAt = expiresIn === undefined ? undefined : secondsOf(clock) + expiresIn;
  const changes = [
    ...(only === undefined ? [] : [`, rights: ${formatPatternActions(only)}`]),
    ...(expiresAt === undefined ? [] : [`, expires: ${new Date(expiresAt * 1000).toISOString()}`]),
    formatLabel(label),
  ].join('');
  const state = disabled === undefined ? '' : disabled ? 'disabled' : 'enabled';
  if (changes === '' && state === '') throw nothingToChange();
  const done = [...(changes === '' ? [] : [`changed${changes}`]), ...(state === '' ? [] : [state])];
  const what = `robot ${name} ${done.join(', and ')}`;
  return change(store, clock, { subject: name, what }, async (ports) => {
    const isThere =
      (changes === '' || (await ports.robots.update(name, { only, expiresAt, ...label }))) &&
      (disabled === undefined || (await ports.robots.setDisabled(name, disabled)));
    if (!isThere) throw noSuchRobot(text);
    return findRobot(ports, text);
  });
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

/** The robots that `rotateAllRobotSecrets` affects. */
export interface RotationPlan {
  /** The robots that get a new secret. Disabled robots are among them, because they can be enabled again. */
  readonly robots: readonly Robot[];
  /** The names of the robots that have expired. They get no secret, because they could not log in with it. */
  readonly expired: readonly string[];
}

/**
 * Determines the robots that a rotation of all robots affects.
 * @param expiringWithin only robots that expire within this many seconds; undefined for all robots
 */
export async function planRotation(
  { robots }: Pick<Ports, 'robots'>,
  clock: Clock,
  expiringWithin: number | undefined,
): Promise<RotationPlan> {
  return selectForRotation(await robots.list(), secondsOf(clock), expiringWithin);
}

/**
 * Selects the robots that a rotation of all robots affects.
 * @param now seconds since the epoch
 * @param expiringWithin as for `planRotation`
 */
export function selectForRotation<Known extends Pick<Robot, 'name' | 'expiresAt'>>(
  all: readonly Known[],
  now: number,
  expiringWithin: number | undefined,
): { readonly robots: readonly Known[]; readonly expired: readonly string[] } {
  const latest = expiringWithin === undefined ? Infinity : now + expiringWithin;
  const isExpired = ({ expiresAt }: Known): boolean => expiresAt !== null && expiresAt <= now;
  return {
    robots: all.filter((robot) => !isExpired(robot) && (robot.expiresAt ?? Infinity) <= latest),
    expired: all.filter(isExpired).map(({ name }) => name),
  };
}

/**
 * Gives a new secret to each robot that `planRotation` names, all in one transaction. The audit log gets one row for
 * each robot, and one for the whole rotation.
 * @returns the robots with their new secrets. Empty if there is no robot to rotate
 */
export async function rotateAllRobotSecrets(
  store: Store,
  clock: Clock,
  { overlap, expiresIn, expiringWithin }: RobotRotation & { readonly expiringWithin: number | undefined },
): Promise<{ rotated: readonly { robot: Robot; secret: Secret }[]; oldSecretsEndAt: number }> {
  const createdAt = secondsOf(clock);
  const oldSecretsEndAt = createdAt + overlap;
  const expiresAt = expiresIn === undefined ? undefined : createdAt + expiresIn;
  const rotated: { robot: Robot; secret: Secret }[] = [];
  const which = expiringWithin === undefined ? 'all robots' : 'all robots that expire soon';
  await changeIf(store, clock, { subject: '', what: `secrets of ${which} rotated` }, async (ports) => {
    // PostgreSQL runs this function again after a deadlock. The secrets of the first run are not stored then.
    rotated.length = 0;
    const { robots } = await planRotation(ports, clock, expiringWithin);
    for (const { name } of robots) {
      const { secret, row } = newSecret(name, createdAt);
      await ports.robots.rotate(row, oldSecretsEndAt, expiresAt);
      rotated.push({ robot: await findRobot(ports, name), secret });
    }
    await ports.auditLog.append(
      robots.map(({ name }) => {
        const what = `secret of robot ${name} rotated`;
        return formatEventText(createChangeEvent({ at: clock(), subject: name, what, by: store.actor }));
      }),
    );
    return robots.length > 0;
  });
  return { rotated, oldSecretsEndAt };
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

/**
 * Finds a robot by its name. Upper and lower case in the name do not matter.
 * @throws DockpassError `no_such_robot`
 */
export async function findRobot({ robots }: Pick<Ports, 'robots'>, text: string): Promise<Robot> {
  const robot = await robots.find(toCanonicalName(text));
  if (robot === undefined) throw noSuchRobot(text);
  return robot;
}

/** Returns the error for a command that changes a robot, but does not say what to change. */
export function nothingToChange(): DockpassError {
  return new DockpassError(
    'bad_usage',
    'there is nothing to change: give --only, --expires, --description or --owner',
  );
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
