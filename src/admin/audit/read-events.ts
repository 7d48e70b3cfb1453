import { setImmediate as nextTick } from 'node:timers/promises';
import {
  auditBegin,
  positionAfter,
  type AuditLog,
  type AuditPlace,
  type AuditPosition,
  type AuditRow,
} from '../../store/store.ts';
import { filterOf, isInFilter, isSelected, type AuditSelection } from './select-events.ts';

/** The maximum number of rows that one query reads. */
const pageSize = 1000;

/** A part of the audit log, newest first. */
export interface EventPage {
  readonly rows: readonly AuditRow[];
  /** The place where the next page begins. Undefined if there are no more rows. */
  readonly next: AuditPlace | undefined;
  /**
   * The number of rows that are left out although they may be about the repository, because they do not list all of
   * their repositories.
   */
  readonly uncertainCount: number;
}

/**
 * Reads the newest events of a selection, newest first. Each event is in one page only, also if events are added and
 * removed between two pages. The search lets other work run every few milliseconds.
 * @param page.before the value of `next` of the page before; undefined for the first page
 * @param page.limit the maximum number of rows
 * @param page.budgetMs if the search has taken this long, it ends. The page then has fewer rows than the limit, or none,
 *   and `next` says where to continue. Undefined if the search may take as long as it needs
 */
export async function readNewestEvents(
  auditLog: AuditLog,
  selection: AuditSelection,
  {
    before,
    limit,
    budgetMs = Infinity,
  }: { before?: AuditPlace | undefined; limit: number; budgetMs?: number },
): Promise<EventPage> {
  const end = performance.now() + budgetMs;
  const { since, until, subject, outcome } = filterOf(selection);
  const { repository, nameContains } = selection;
  const query = { since, until, subject, outcome, repository, nameContains };
  const rows: AuditRow[] = [];
  let uncertainCount = 0;
  let next = before;
  for (;;) {
    const found = await auditLog.newest({
      ...query,
      before: next,
      limit: Math.min(limit - rows.length, pageSize),
    });
    for (const row of found.rows) {
      const isMatch = isSelected(row, selection);
      if (isMatch === true) rows.push(row);
      else if (isMatch === 'unknown') uncertainCount++;
    }
    next = found.next;
    if (next === undefined || rows.length === limit || performance.now() >= end)
      return { rows, next, uncertainCount };
    // A query on SQLite blocks the event loop. Requests for tokens are answered between two queries.
    await nextTick();
  }
}

/**
 * Reads all events of a selection, newest first, in pages. A log of ten million rows does not fit into memory.
 * @param signal ends the search early
 */
export async function* newestFirst(
  auditLog: AuditLog,
  selection: AuditSelection,
  signal?: AbortSignal,
): AsyncGenerator<EventPage> {
  let before: AuditPlace | undefined;
  do {
    const page = await readNewestEvents(auditLog, selection, { before, limit: pageSize, budgetMs: 0 });
    yield page;
    before = page.next;
    await nextTick();
  } while (before !== undefined && signal?.aborted !== true);
}

/** A part of the audit log, oldest first. */
export interface LaterEvents {
  readonly rows: readonly AuditRow[];
  /** The position after these rows. A later call with this position returns the rows that were added since then. */
  readonly position: AuditPosition;
  /** True if there may be more rows already. */
  readonly hasMore: boolean;
  /** See `EventPage`. */
  readonly uncertainCount: number;
}

/**
 * Reads the events of a selection that were recorded after a position, oldest first. Events are recorded up to a second
 * after they happened, so the time of an event says nothing about its position.
 * @param limit the maximum number of rows to read
 */
export async function readLaterEvents(
  auditLog: AuditLog,
  selection: AuditSelection,
  position: AuditPosition,
  limit = pageSize,
): Promise<LaterEvents> {
  return toLater(
    await auditLog.list({ ...filterOf(selection), after: position, limit }),
    selection,
    position,
    limit,
  );
}

/**
 * Like `readLaterEvents`, but examines at most `limit` rows, so that the call takes a few milliseconds however many rows
 * come after the position. The result can be empty although there are more rows (see `hasMore`).
 */
export async function readSomeLaterEvents(
  auditLog: AuditLog,
  selection: AuditSelection,
  position: AuditPosition,
  limit: number,
): Promise<LaterEvents> {
  return toLater(await auditLog.list({ after: position, limit }), selection, position, limit);
}

function toLater(
  found: readonly AuditRow[],
  selection: AuditSelection,
  position: AuditPosition,
  limit: number,
): LaterEvents {
  const filter = filterOf(selection);
  const matches = found.map((row) => isInFilter(row, filter) && isSelected(row, selection));
  return {
    rows: found.filter((_, at) => matches[at] === true),
    position: positionAfter(found, position),
    hasMore: found.length === limit,
    uncertainCount: matches.filter((isMatch) => isMatch === 'unknown').length,
  };
}

/** Reads all events of a selection, oldest first, in pages. */
export async function* oldestFirst(
  auditLog: AuditLog,
  selection: AuditSelection,
): AsyncGenerator<LaterEvents> {
  let position = auditBegin;
  for (;;) {
    const page = await readLaterEvents(auditLog, selection, position);
    yield page;
    if (!page.hasMore) return;
    position = page.position;
  }
}

/** Returns the position after the newest row of each chain. */
export async function endPosition(auditLog: AuditLog): Promise<AuditPosition> {
  return {
    proven: (await auditLog.head('proven'))?.seq ?? 0,
    unproven: (await auditLog.head('unproven'))?.seq ?? 0,
  };
}
