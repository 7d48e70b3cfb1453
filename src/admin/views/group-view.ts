import type { Group } from '../../store/store.ts';
import { formatTime } from './time.ts';

/** Returns the fields of a group that the command line and the API show. */
export function groupView({ name, members, createdAt }: Group) {
  return { name, members, created: formatTime(createdAt) };
}

export type GroupView = ReturnType<typeof groupView>;
