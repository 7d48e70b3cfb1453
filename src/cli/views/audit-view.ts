import type { AuditRow } from '../../store/store.ts';

/** Returns an audit event in the form that `--json` prints. `name` is the user or robot that the event is about. */
export function publicView({ subject, at, ...event }: AuditRow) {
  return { name: subject, time: new Date(at).toISOString(), ...event };
}

export type AuditView = ReturnType<typeof publicView>;
