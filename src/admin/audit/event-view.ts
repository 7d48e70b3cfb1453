import type { AuditRow } from '../../store/store.ts';

/**
 * Returns an audit event in the form that `audit --json` and the API show. `name` is the user or robot that the event is
 * about, `time` is in UTC.
 */
export function viewEvent({ subject, at, ...event }: AuditRow) {
  return { name: subject, time: new Date(at).toISOString(), ...event };
}

export type EventView = ReturnType<typeof viewEvent>;
