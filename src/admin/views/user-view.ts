import type { Account } from '../../identity/account.ts';
import type { Right } from '../../policy/rights.ts';
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

/** Returns the fields of a right that are shown. `from` says whether the role or a grant gives the right. */
export function viewOfRight({ pattern, actions, origin }: Right) {
  const from =
    origin === undefined ? 'by --only' : origin.kind === 'grant' ? `granted to ${origin.to}` : 'by role';
  return { pattern: pattern.text, actions, from };
}

export function stateOf(user: User): string {
  if (user.disabled) return 'disabled';
  return user.passwordHash === null ? 'no password' : 'active';
}

/** Describes which rights a user has, and whether they come from the role or from grants, in one sentence. */
export function describeHoldings({ name, role, rightsFrom, rights }: Account): string {
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

function formatHeld({ pattern, actions, origin }: Right): string {
  const to = origin?.kind === 'grant' && origin.to.startsWith('group:') ? ` (${origin.to})` : '';
  return `${actions.includes('*') ? 'everything' : actions.join(', ')} on ${pattern.text}${to}`;
}
