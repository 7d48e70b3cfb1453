import type { Config } from '../config/load.ts';
import { DockpassError } from '../errors.ts';
import { readHtpasswd } from '../identity/password/htpasswd-file.ts';
import { createHtpasswdSubject } from '../identity/password/htpasswd-users.ts';
import { accountSubject, readAccount, type Account } from '../identity/account.ts';
import { tokenRestriction, compileRights } from '../identity/token/token-rights.ts';
import { toCanonicalName } from '../identity/user-name.ts';
import type { AccessToken, Ports, Robot } from '../store/store.ts';
import type { ExplainedSubject } from './explain.ts';

/**
 * Finds a user or robot by name, and determines the rights that this user or robot has after a login. If the user or
 * robot cannot log in, the result contains the reason.
 * @param token the name of the access token with which the user logs in; undefined for a login with a password
 * @param now milliseconds since the epoch
 * @throws DockpassError `no_such_user`, `no_such_token`
 */
export async function findSubject(
  text: string,
  token: string | undefined,
  ports: Ports,
  { htpasswd, htpasswdRole }: Pick<Config, 'htpasswd' | 'htpasswdRole'>,
  now: number,
): Promise<ExplainedSubject> {
  const name = toCanonicalName(text);
  const account = await readAccount(ports, name);
  if (account !== undefined) {
    if (account.disabled)
      return { kind: 'cannotLogIn', account: 'user', name, reason: 'no login: the user is disabled' };
    if (token === undefined) {
      // A user can exist without a password: `import htpasswd` creates such a user if the password hash in the htpasswd
      // file is too weak.
      const reason = `no login: ${name} has no password yet. Run "dockpass user passwd ${name}".`;
      return account.passwordHash === null
        ? { kind: 'cannotLogIn', account: 'user', name, reason }
        : { kind: 'loggedIn', subject: accountSubject(account), note: noteOf(account) };
    }
    const found = await withToken(name, token, ports, accountSubject(account), now);
    return found.kind === 'loggedIn' ? { ...found, note: noteOf(account) } : found;
  }
  const robot = await ports.robots.find(name);
  if (robot !== undefined) return explainRobot(robot, now);
  if (htpasswd !== null && token === undefined) {
    const { hashes, unusable } = await readHtpasswd(htpasswd);
    if ((hashes.has(name) || unusable.includes(name)) && (await ports.htpasswdUsers.isBlocked(name)))
      return { kind: 'cannotLogIn', account: 'user', name, reason: 'no login: the user is disabled' };
    if (hashes.has(name)) return { kind: 'loggedIn', subject: createHtpasswdSubject(name, htpasswdRole) };
    if (unusable.includes(name))
      return {
        kind: 'cannotLogIn',
        account: 'user',
        name,
        reason: `no login: the password hash of ${name} in ${htpasswd} is not a bcrypt hash`,
      };
  }
  throw new DockpassError(
    'no_such_user',
    `there is no user or robot ${JSON.stringify(name.slice(0, 80))}. To see all names, run "dockpass user list" and "dockpass robot list".`,
  );
}

/** If only grants count for this user, returns a sentence that says that the role gives no rights. */
function noteOf({ name, role, rightsFrom, rights }: Account): string | undefined {
  if (rightsFrom === 'role' || role === 'none') return undefined;
  return rights.length > 0
    ? `the role ${role} gives ${name} no rights on repositories, because ${name} has grants, directly or through a group`
    : `the role ${role} gives ${name} no rights on repositories, because ${name} has had grants. To use the rights of the role again, run "dockpass user role ${name} ${role}".`;
}

type LoggedInUser = ReturnType<typeof accountSubject>;

async function withToken(
  user: string,
  text: string,
  { accessTokens }: Pick<Ports, 'accessTokens'>,
  subject: LoggedInUser,
  now: number,
): Promise<ExplainedSubject> {
  const name = toCanonicalName(text);
  const stored = (await accessTokens.list(user)).find((candidate) => candidate.name === name);
  if (stored === undefined) {
    throw new DockpassError(
      'no_such_token',
      `${user} has no access token named ${JSON.stringify(name.slice(0, 80))}. To see all access tokens of this user, run "dockpass token list --user ${user}".`,
    );
  }
  const { expiresAt } = stored;
  return expiresAt !== null && now >= expiresAt * 1000
    ? {
        kind: 'cannotLogIn',
        account: 'user',
        name: user,
        reason: `no login: the access token ${name} has expired`,
      }
    : { kind: 'loggedIn', subject: withRestriction(subject, stored) };
}

/** Returns the subject of a user who logs in with this access token. */
export function withRestriction(subject: LoggedInUser, token: AccessToken): LoggedInUser {
  return { ...subject, through: 'access token', only: tokenRestriction(token) };
}

/** Determines the rights that a robot has after a login, or why it cannot log in. @param now milliseconds */
export function explainRobot({ name, disabled, expiresAt, only }: Robot, now: number): ExplainedSubject {
  if (disabled)
    return { kind: 'cannotLogIn', account: 'robot', name, reason: 'no login: the robot is disabled' };
  if (expiresAt !== null && now >= expiresAt * 1000)
    return {
      kind: 'cannotLogIn',
      account: 'robot',
      name,
      reason: `no login: the robot has expired. Run "dockpass robot rotate ${name} --expires 365d" to renew it.`,
    };
  return { kind: 'loggedIn', subject: { kind: 'robot', name, rights: compileRights(only) } };
}
