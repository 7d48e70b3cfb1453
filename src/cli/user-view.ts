import type { Right } from '../policy/rights.ts';
import type { User } from '../store/store.ts';
import { formatTime } from './output.ts';

/** Returns the fields of a user that the commands print, without the password hash. */
export function publicView(user: User) {
  return {
    name: user.name,
    role: user.role,
    state: stateOf(user),
    created: formatTime(user.createdAt),
    changed: formatTime(user.changedAt),
  };
}

/** Returns the fields of a right that the commands print. `from` says whether the role or a grant gives the right. */
export function viewOfRight({ pattern, actions, origin }: Right) {
  const from = origin?.kind === 'grant' ? `granted to ${origin.to}` : 'by role';
  return { pattern: pattern.text, actions, from };
}

export function stateOf(user: User): string {
  if (user.disabled) return 'disabled';
  return user.passwordHash === null ? 'no password' : 'active';
}
