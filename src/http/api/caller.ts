import { DockpassError } from '../../errors.ts';
import type { RobotSubject, Subject, UserSubject } from '../../policy/subject.ts';

/** The user or robot that sends a request to the administration API. */
export interface Caller {
  readonly subject: UserSubject | RobotSubject;
  /** `api`: the request has an Authorization header. `console`: the request has the cookie of the console. */
  readonly through: 'api' | 'console';
  readonly rank: Rank;
  /** The id of the session of the console. Undefined for `api`. */
  readonly sessionId?: string;
}

/**
 * How much of the API a caller may use. `limited`: a robot, or a user with an access token that is limited with
 * `--only`. `administrator`: a user with the role `admin` whose login is not limited.
 */
export const ranks = ['limited', 'user', 'administrator'] as const;
export type Rank = (typeof ranks)[number];

/**
 * Who may use a route. `anyone`: also clients without a login. `signed in`: every caller, also limited ones. `user`:
 * unlimited users and administrators.
 */
export const accessLevels = ['anyone', 'signed in', 'user', 'administrator'] as const;
export type Access = (typeof accessLevels)[number];

/** Determines what the subject of a login may use of the API. */
export function rankOf(subject: UserSubject | RobotSubject): Rank {
  if (subject.kind === 'robot' || subject.only !== undefined) return 'limited';
  return subject.admin ? 'administrator' : 'user';
}

/** The lowest rank that each access level requires. */
const lowestRank: Readonly<Record<Exclude<Access, 'anyone'>, Rank>> = {
  'signed in': 'limited',
  user: 'user',
  administrator: 'administrator',
};

/** Returns true if a caller with this rank may use a route with this access level. */
export function mayUse(rank: Rank, access: Access): boolean {
  return access === 'anyone' || ranks.indexOf(rank) >= ranks.indexOf(lowestRank[access]);
}

/** Checks that the caller may use a route. @throws DockpassError `forbidden` */
export function requireAccess({ rank }: Pick<Caller, 'rank'>, access: Access): void {
  if (mayUse(rank, access)) return;
  throw new DockpassError(
    'forbidden',
    rank === 'limited'
      ? 'robots and access tokens that are limited with --only cannot use this part of the API. Use an access token with all rights of its user: dockpass token create NAME --user USER --api'
      : 'only administrators can use this part of the API. Ask an administrator, or log in as one.',
  );
}

/**
 * Checks the subject of a login with an Authorization header. A password is always accepted. An access token or a
 * robot must have been created with `--api`. A JWT is never accepted.
 * @throws DockpassError `api_not_allowed`
 */
export function requireApiAllowed(subject: Subject): UserSubject | RobotSubject {
  if (subject.kind === 'anonymous')
    throw new DockpassError('login_required', 'log in first: send credentials in the Authorization header.');
  if (subject.kind === 'ci')
    throw new DockpassError(
      'api_not_allowed',
      'a JWT is only a login for the registry, not for the administration API. Create a robot with --api, and log in with its secret: dockpass robot create NAME --only PATTERN:ACTIONS --api',
    );
  const isToken = subject.kind === 'robot' || subject.through === 'access token';
  if (isToken && subject.api !== true)
    throw new DockpassError(
      'api_not_allowed',
      subject.kind === 'robot'
        ? `the robot ${subject.name} may not use the administration API. Create a robot with --api, or use another login.`
        : `this access token of ${subject.name} may not use the administration API. Create an access token with --api: dockpass token create NAME --user ${subject.name} --api`,
    );
  return subject;
}
