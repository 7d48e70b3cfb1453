import type { User } from '../../api/types.ts';
import { Badge } from '../../components/text/badge.tsx';

/** Whether a user can log in. */
export function UserState({ user }: { readonly user: User }) {
  if (user.disabled) return <Badge kind="danger">Disabled</Badge>;
  if (user.state === 'no password') return <Badge kind="warning">No password</Badge>;
  return <Badge kind="good">Active</Badge>;
}
