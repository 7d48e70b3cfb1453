import type { Right } from '../policy/rights.ts';
import type { User } from '../store/store.ts';
import { formatTime } from './output.ts';

/** What may be shown of a user. */
export function publicView(user: User) {
  return {
    name: user.name,
    role: user.role,
    state: stateOf(user),
    created: formatTime(user.createdAt),
    changed: formatTime(user.changedAt),
  };
}

/** `from`: the role, or whom the grant was given to. */
export function viewOfRight({ pattern, actions, origin }: Right) {
  const from = origin?.kind === 'grant' ? `granted to ${origin.to}` : 'by role';
  return { pattern: pattern.text, actions, from };
}

export function stateOf(user: User): string {
  if (user.disabled) return 'disabled';
  return user.passwordHash === null ? 'no password' : 'active';
}
