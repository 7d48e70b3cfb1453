import type { Config } from '../config/load.ts';
import { accountSubject, toAccount } from '../identity/account.ts';
import { readHtpasswd } from '../identity/password/htpasswd-file.ts';
import { createHtpasswdSubject } from '../identity/password/htpasswd-users.ts';
import { anonymous, subjectClaim, type Subject } from '../policy/subject.ts';
import type { Ports, StoredAccount } from '../store/store.ts';
import { explainRobot, possibleSubject, withRestriction } from './find-subject.ts';

/**
 * One way to send requests: without a login, with the password of a user, with an access token, as a robot, or with a
 * JWT that a trust rule accepts.
 */
export interface Login {
  readonly kind: 'anonymous' | 'user' | 'htpasswd user' | 'token' | 'robot' | 'ci';
  /** The name of the user, token or robot; `ci:NAME` for a trust rule; `anonymous` without a login. */
  readonly name: string;
  /** The user of an access token. Undefined for every other kind. */
  readonly user?: string;
  readonly subject: Subject;
}

/**
 * Lists all logins that are possible now, and the request without a login. Disabled users and robots, expired tokens
 * and robots, users without a password, and trust rules that wait for their confirmation are left out. A trust rule has
 * the rights that it gives to any JWT, see `possibleSubject`.
 * @param config `trust` contains all trust rules, also those of the database
 * @param now milliseconds since the epoch
 */
export async function listLogins(
  ports: Ports,
  { htpasswd, htpasswdRole, trust }: Pick<Config, 'htpasswd' | 'htpasswdRole' | 'trust'>,
  now: number,
): Promise<Login[]> {
  const accounts = await readAccounts(ports);
  const robots = await ports.robots.list();
  const logins: Login[] = [{ kind: 'anonymous', name: 'anonymous', subject: anonymous }];
  for (const account of accounts.values()) {
    const { name, disabled, passwordHash } = account.user;
    if (disabled || passwordHash === null) continue;
    logins.push({ kind: 'user', name, subject: accountSubject(toAccount(account)) });
  }
  if (htpasswd !== null) {
    const blocked = new Set(
      [...(await ports.htpasswdUsers.listDisabled()), ...robots].map(({ name }) => name),
    );
    for (const name of [...(await readHtpasswd(htpasswd)).hashes.keys()].sort())
      if (!blocked.has(name))
        logins.push({ kind: 'htpasswd user', name, subject: createHtpasswdSubject(name, htpasswdRole) });
  }
  for (const token of await ports.accessTokens.list()) {
    const account = accounts.get(token.user);
    if (account === undefined || account.user.disabled) continue;
    if (token.expiresAt !== null && now >= token.expiresAt * 1000) continue;
    const subject = withRestriction(accountSubject(toAccount(account)), token);
    logins.push({ kind: 'token', name: token.name, user: token.user, subject });
  }
  for (const robot of robots) {
    const explained = explainRobot(robot, now);
    if (explained.kind === 'loggedIn')
      logins.push({ kind: 'robot', name: robot.name, subject: explained.subject });
  }
  for (const rule of trust) {
    if (rule.isPending) continue;
    const subject = possibleSubject(rule);
    logins.push({ kind: 'ci', name: subjectClaim(subject), subject });
  }
  return logins;
}

/** Reads all users with their groups and grants, in a few queries for all users. */
async function readAccounts({
  users,
  groups,
  grants,
}: Pick<Ports, 'users' | 'groups' | 'grants'>): Promise<ReadonlyMap<string, StoredAccount>> {
  const grantsOf = Map.groupBy(await grants.list(), ({ subject }) => subject);
  const groupsOf = Map.groupBy(
    (await groups.list()).flatMap(({ name, members }) => members.map((user) => ({ name, user }))),
    ({ user }) => user,
  );
  return new Map(
    (await users.list()).map((user) => {
      const names = (groupsOf.get(user.name) ?? []).map(({ name }) => name).sort();
      const subjects = [user.name, ...names.map((name) => `group:${name}`)].sort();
      const held = subjects.flatMap((subject) => grantsOf.get(subject) ?? []);
      return [user.name, { user, groups: names, grants: held }];
    }),
  );
}
