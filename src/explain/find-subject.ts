import type { Config } from '../config/load.ts';
import { DockpassError } from '../errors.ts';
import { readAccount } from '../identity/account.ts';
import { readHtpasswd } from '../identity/password/htpasswd-file.ts';
import { createHtpasswdSubject } from '../identity/password/htpasswd-users.ts';
import { accountSubject } from '../identity/account.ts';
import { tokenRestriction, compileRights } from '../identity/token/token-rights.ts';
import { toCanonicalName } from '../identity/user-name.ts';
import type { Ports, Robot } from '../store/store.ts';
import type { ExplainedSubject } from './explain.ts';

/**
 * The user or robot of a name as it would stand after a login, or why it could not log in.
 * @param token the name of the access token that the login is made with; undefined for a password
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
    if (account.disabled) return { kind: 'refused', name, why: 'no login: the user is disabled' };
    if (token === undefined) {
      // Taken over with a hash that was too weak.
      const why = `no login: ${name} has no password yet: dockpass user passwd ${name}`;
      return account.passwordHash === null
        ? { kind: 'refused', name, why }
        : { kind: 'somebody', subject: accountSubject(account) };
    }
    return withToken(name, token, ports, { ...accountSubject(account), through: 'access token' }, now);
  }
  const robot = await ports.robots.find(name);
  if (robot !== undefined) return asRobot(robot, now);
  if (htpasswd !== null && token === undefined) {
    const { hashes, unusable } = await readHtpasswd(htpasswd);
    if (hashes.has(name)) return { kind: 'somebody', subject: createHtpasswdSubject(name, htpasswdRole) };
    if (unusable.includes(name))
      return { kind: 'refused', name, why: `no login: the line of ${name} in ${htpasswd} is no bcrypt` };
  }
  const mend = '"dockpass user list" and "dockpass robot list" show all';
  throw new DockpassError(
    'no_such_user',
    `there is no user or robot ${JSON.stringify(name.slice(0, 80))}: ${mend}`,
  );
}

type SomebodyUser = ReturnType<typeof accountSubject>;

async function withToken(
  user: string,
  text: string,
  { accessTokens }: Pick<Ports, 'accessTokens'>,
  subject: SomebodyUser,
  now: number,
): Promise<ExplainedSubject> {
  const name = toCanonicalName(text);
  const stored = (await accessTokens.list(user)).find((candidate) => candidate.name === name);
  if (stored === undefined) {
    throw new DockpassError(
      'no_such_token',
      `${user} has no token named ${JSON.stringify(name.slice(0, 80))}: "dockpass token list --user ${user}" shows those there are`,
    );
  }
  const { expiresAt } = stored;
  return expiresAt !== null && now >= expiresAt * 1000
    ? { kind: 'refused', name: user, why: `no login: the token ${name} has expired` }
    : { kind: 'somebody', subject: { ...subject, only: tokenRestriction(stored) } };
}

function asRobot({ name, disabled, expiresAt, only }: Robot, now: number): ExplainedSubject {
  if (disabled) return { kind: 'refused', name, why: 'no login: the robot is disabled' };
  if (expiresAt !== null && now >= expiresAt * 1000)
    return { kind: 'refused', name, why: 'no login: the robot has expired' };
  return { kind: 'somebody', subject: { kind: 'robot', name, rights: compileRights(only) } };
}
