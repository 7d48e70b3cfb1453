import type { Account } from '../../identity/account.ts';
import type { Action, Right } from '../../policy/rights.ts';
import type { User } from '../../store/store.ts';
import { formatTime, say } from '../output.ts';

/** Returns the fields of a user that the commands print, without the password hash. */
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

/** A right of a user. `from` says whether the role or a grant gives the right. */
export interface RightView {
  readonly pattern: string;
  readonly actions: readonly Action[];
  /** `by role`, or `granted to ` and the name of the user or `group:NAME`. */
  readonly from: string;
}

/** A user with all groups and rights of the user. `user show --json` prints this object unchanged. */
export interface UserDetails extends UserView {
  readonly groups: readonly string[];
  readonly rights: readonly RightView[];
}

/** Returns the fields of a user that `user show` prints. */
export function detailsOf(account: Account): UserDetails {
  return { ...publicView(account), groups: account.groups, rights: account.rights.map(viewOfRight) };
}

const grantedTo = 'granted to ';

/** Returns the fields of a right that the commands print. */
export function viewOfRight({ pattern, actions, origin }: Right): RightView {
  const from = origin?.kind === 'grant' ? `${grantedTo}${origin.to}` : 'by role';
  return { pattern: pattern.text, actions, from };
}

function stateOf(user: User): string {
  if (user.disabled) return 'disabled';
  return user.passwordHash === null ? 'no password' : 'active';
}

/** The largest number of users whose rights are printed after a change of a group. */
const maxHoldings = 10;

/**
 * Says which rights each of the users has. Commands call this function after a change that may affect rights.
 * @param users finds a user by name. A user that it does not find is left out
 */
export async function sayHoldings(
  users: { findIfThere(name: string): Promise<UserDetails | undefined> },
  names: readonly string[],
): Promise<void> {
  for (const name of names.slice(0, maxHoldings)) {
    const user = await users.findIfThere(name);
    if (user !== undefined) say(describeHoldings(user));
  }
  const others = names.length - maxHoldings;
  if (others > 0)
    say(`the rights of ${others} more members are not shown; to see them, run "dockpass user show NAME"`);
}

/** Describes which rights a user has, and whether they come from the role or from grants, in one sentence. */
export function describeHoldings({ name, role, rightsFrom, rights }: UserDetails): string {
  const admin = role === 'admin' ? `, and as an admin, ${name} may list the catalog` : '';
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
