import type { Group, StoredGrant } from '../../store/store.ts';
import { formatTime } from '../output.ts';

/** Returns a group in the form that `--json` prints. */
export function viewOfGroup({ name, members, createdAt }: Group) {
  return { name, members, created: formatTime(createdAt) };
}

export type GroupView = ReturnType<typeof viewOfGroup>;

/** Returns a grant in the form that `--json` prints. `name` is the user or group that holds the grant. */
export function viewOfGrant({ subject, pattern, actions }: Omit<StoredGrant, 'createdAt'>) {
  return { name: subject, pattern, actions };
}

export type GrantView = ReturnType<typeof viewOfGrant>;
