import type { Account } from '../../identity/account.ts';
import type { Action, Right, Role } from '../../policy/rights.ts';
import type { User } from '../../store/store.ts';
import { formatTime } from './time.ts';

/** Returns the fields of a user that the command line and the API show, without the password hash. */
export function publicView(user: User) {
  return {
    name: user.name,
    role: user.role,
    rightsFrom: user.rightsFrom,
    state: stateOf(user),
    created: formatTime(user.createdAt),
    changed: formatTime(user.changedAt),
  };
}

export type UserView = ReturnType<typeof publicView>;

/** A right of a user. */
export interface RightView {
  readonly pattern: string;
  readonly actions: readonly Action[];
  /** What gives the right: `by role`, `by --only`, or `granted to ` and the name of the user or `group:NAME`. */
  readonly from: string;
}

/** A user with all groups and rights of the user. */
export interface UserDetails extends UserView {
  readonly groups: readonly string[];
  readonly rights: readonly RightView[];
}

/** Returns the fields of a user that are shown, with all groups and rights of the user. */
export function detailsOf(account: Account): UserDetails {
  return { ...publicView(account), groups: account.groups, rights: account.rights.map(viewOfRight) };
}

const grantedTo = 'granted to ';

/** Returns what the API shows of a user in a list: in addition to `publicView`, what programs need to know. */
export function userView(user: User, groups: readonly string[]) {
  return { ...publicView(user), source: 'local', disabled: user.disabled, groups };
}

/** Returns what the API shows of one user: also all rights, and the sentence about them that commands print. */
export function accountView(account: Account) {
  return {
    ...userView(account, account.groups),
    rights: account.rights.map(viewOfRight),
    holdings: describeHoldings(detailsOf(account)),
  };
}

/** Returns what the API shows of a user of the htpasswd file. */
export function htpasswdUserView(name: string, role: Role, rights: readonly Right[], disabled: boolean) {
  return {
    name,
    role,
    rightsFrom: 'role',
    state: disabled ? 'disabled' : 'active',
    source: 'htpasswd',
    disabled,
    groups: [],
    rights: rights.map(viewOfRight),
    holdings: `${name} is a user of the htpasswd file and has the rights of the role ${role}`,
  };
}

/** Returns the fields of a right that are shown. `from` says whether the role or a grant gives the right. */
export function viewOfRight({ pattern, actions, origin }: Right): RightView {
  return { pattern: pattern.text, actions, from: describeOrigin(origin) };
}

function describeOrigin(origin: Right['origin']): string {
  switch (origin?.kind) {
    case undefined:
      return 'by --only';
    case 'grant':
      return `${grantedTo}${origin.to}`;
    case 'role':
      return 'by role';
    case 'trust':
      return `by trust rule ${origin.rule}`;
  }
}

export function stateOf(user: User): string {
  if (user.disabled) return 'disabled';
  return user.passwordHash === null ? 'no password' : 'active';
}

/** Describes which rights a user has, and whether they come from the role or from grants, in one sentence. */
export function describeHoldings({ name, role, rightsFrom, rights }: UserDetails): string {
  const admin = role === 'admin' ? `, and as an admin, ${name} may manage dockpass` : '';
  if (rightsFrom === 'role') {
    const [right] = rights;
    return right === undefined
      ? `${name} has the role none, which gives no rights; add rights with "dockpass grant add ${name} PATTERN ACTIONS"`
      : `${name} has the rights of the role ${role}: ${formatHeld(right)}`;
  }
  return rights.length === 0
    ? `${name} has no rights on repositories, because only grants give ${name} rights, and there is no grant for ${name}${admin}. To give ${name} the rights of the role ${role} instead, run "dockpass user role ${name} ${role}"`
    : `${name} has only the rights that grants give: ${rights.map(formatHeld).join('; ')}${admin}`;
}

function formatHeld({ pattern, actions, from }: RightView): string {
  const to = from.startsWith(`${grantedTo}group:`) ? ` (${from.slice(grantedTo.length)})` : '';
  return `${actions.includes('*') ? 'everything' : actions.join(', ')} on ${pattern}${to}`;
}
