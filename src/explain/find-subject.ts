import type { Config } from '../config/load.ts';
import { DockpassError } from '../errors.ts';
import { readHtpasswd } from '../identity/password/htpasswd-file.ts';
import { createHtpasswdSubject } from '../identity/password/htpasswd-users.ts';
import { accountSubject, readAccount, type Account } from '../identity/account.ts';
import { tokenRestriction, compileRights } from '../identity/token/token-rights.ts';
import { toCanonicalName } from '../identity/user-name.ts';
import type { FederatedSubject } from '../policy/subject.ts';
import type { AccessToken, Ports, Robot } from '../store/store.ts';
import { possibleRights } from '../trust/find-rule.ts';
import type { TrustRule } from '../trust/trust-rule.ts';
import type { ExplainedSubject } from './explain.ts';

/** The first part of the name of a job or pod: `ci:NAME`. */
const rulePrefix = 'ci:';

/**
 * Finds a user, a robot or a trust rule (`ci:NAME`) by name, and determines the rights that it has after a login. If it
 * cannot log in, the result contains the reason.
 * @param token the name of the access token with which the user logs in; undefined for a login with a password
 * @param config `trust` contains all trust rules, also those of the database
 * @param now milliseconds since the epoch
 * @throws DockpassError `no_such_user`, `no_such_token`; `bad_usage` for the access token of a trust rule
 */
export async function findSubject(
  text: string,
  token: string | undefined,
  ports: Ports,
  { htpasswd, htpasswdRole, trust }: Pick<Config, 'htpasswd' | 'htpasswdRole' | 'trust'>,
  now: number,
): Promise<ExplainedSubject> {
  const name = toCanonicalName(text);
  if (name.startsWith(rulePrefix)) return findRuleSubject(name.slice(rulePrefix.length), token, trust);
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

/** Determines the rights that a trust rule can give to a job, whatever its JWT contains. */
function findRuleSubject(name: string, token: string | undefined, trust: Config['trust']): ExplainedSubject {
  if (token !== undefined)
    throw new DockpassError('bad_usage', 'a trust rule has no access tokens. Leave the access token out.');
  const rule = trust.find((candidate) => candidate.name === name);
  if (rule === undefined)
    throw new DockpassError(
      'no_such_user',
      `there is no trust rule ${JSON.stringify(name.slice(0, 80))}. To see all trust rules, run "dockpass trust list".`,
    );
  if (rule.isPending) {
    const reason = `no login: the trust rule waits for its confirmation. Run "dockpass trust confirm ${name}".`;
    return { kind: 'cannotLogIn', account: 'ci', name: `${rulePrefix}${name}`, reason };
  }
  const variables = [...new Set(rule.only.flatMap(({ claims }) => claims))].map((claim) => `\${${claim}}`);
  return {
    kind: 'loggedIn',
    subject: possibleSubject(rule),
    note:
      variables.length === 0
        ? undefined
        : `${variables.join(', ')} can have any value here. To explain the access of one JWT, use --jwt FILE`,
  };
}

/** Returns the subject of a job with all rights that a trust rule can give, see `possibleRights`. */
export function possibleSubject(rule: TrustRule): FederatedSubject {
  return { kind: 'ci', name: rule.name, rights: possibleRights(rule), through: 'JWT' };
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
