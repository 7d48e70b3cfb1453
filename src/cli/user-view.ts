import type { Right } from '../policy/rights.ts';
import type { User } from '../store/store.ts';
import { formatTime } from './output.ts';

/** A user as commands show one: without the password hash. */
export function publicView(user: User) {
  return {
    name: user.name,
    role: user.role,
    state: stateOf(user),
    created: formatTime(user.createdAt),
    changed: formatTime(user.changedAt),
  };
}

/** A right as commands show one. `from` says whether it comes from the role or from a grant. */
export function viewOfRight({ pattern, actions, origin }: Right) {
  const from = origin?.kind === 'grant' ? `granted to ${origin.to}` : 'by role';
  return { pattern: pattern.text, actions, from };
}

export function stateOf(user: User): string {
  if (user.disabled) return 'disabled';
  return user.passwordHash === null ? 'no password' : 'active';
}
