import type { AuditEvent } from '../../audit/event.ts';
import { isCut, listsRepository, otherRequests } from '../../audit/scope-list.ts';
import { toCanonicalName } from '../../identity/user-name.ts';
import type { AuditFilter, AuditRow } from '../../store/store.ts';

/** The audit events that a person wants to see. A member that is undefined selects all events. */
export interface AuditSelection {
  /** The earliest time of the events, in milliseconds since the epoch. */
  readonly since?: number | undefined;
  /** The latest time of the events, in milliseconds since the epoch. */
  readonly until?: number | undefined;
  /** The name of a user or robot. Upper and lower case do not matter. */
  readonly user?: string | undefined;
  /** Selects the token requests for this repository. */
  readonly repository?: string | undefined;
  readonly outcome?: AuditEvent['outcome'] | undefined;
  /** Selects the events of users and robots whose name contains this text. */
  readonly nameContains?: string | undefined;
}

/** Returns the part of a selection that the database evaluates. */
export function filterOf({ since, until, user, outcome }: AuditSelection): AuditFilter {
  return { since, until, outcome, subject: user === undefined ? undefined : toCanonicalName(user) };
}

/** Returns true if the row is in the part of a selection that the database evaluates otherwise, see `filterOf`. */
export function isInFilter({ at, outcome, subject }: AuditRow, filter: AuditFilter): boolean {
  return (
    at >= (filter.since ?? -Infinity) &&
    at <= (filter.until ?? Infinity) &&
    outcome === (filter.outcome ?? outcome) &&
    subject === (filter.subject ?? subject)
  );
}

/**
 * Evaluates the part of a selection that the database does not evaluate exactly: the repository, and a part of the
 * name. If it is not known whether the row is about the repository, because the row does not list all of its
 * repositories, returns `unknown`.
 */
export function isSelected(
  { subject, outcome, asked, granted, client }: AuditRow,
  { repository, nameContains }: Pick<AuditSelection, 'repository' | 'nameContains'>,
): boolean | 'unknown' {
  if (nameContains !== undefined && !subject.includes(nameContains)) return false;
  if (repository === undefined) return true;
  if (outcome === 'changed') return false;
  if (listsRepository(asked, repository) || listsRepository(granted, repository)) return true;
  return isCut(asked) || isCut(granted) || client === otherRequests ? 'unknown' : false;
}
