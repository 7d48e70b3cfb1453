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
}

/** Returns the part of a selection that the database evaluates. */
export function filterOf({ since, until, user, outcome }: AuditSelection): AuditFilter {
  return { since, until, outcome, subject: user === undefined ? undefined : toCanonicalName(user) };
}

/**
 * Returns true if the row is about the repository of the selection. If it is not known, because the row does not list
 * all of its repositories, returns `unknown`.
 */
export function matchesRepository(
  { outcome, asked, granted, client }: AuditRow,
  { repository }: Pick<AuditSelection, 'repository'>,
): boolean | 'unknown' {
  if (repository === undefined) return true;
  if (outcome === 'changed') return false;
  if (listsRepository(asked, repository) || listsRepository(granted, repository)) return true;
  return isCut(asked) || isCut(granted) || client === otherRequests ? 'unknown' : false;
}
