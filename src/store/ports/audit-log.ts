import type { AuditEvent } from '../../audit/event.ts';
import type { EventText } from '../../audit/event-text.ts';

/**
 * The two hash chains of the audit log. `proven` contains administrative changes and tokens that were issued to users
 * and robots. `unproven` contains denied requests and tokens for anonymous clients. Anyone can cause such events, so
 * they have their own chain with their own limits, and can never displace the events of the other chain.
 */
export const auditChains = ['proven', 'unproven'] as const;
export type AuditChain = (typeof auditChains)[number];

/**
 * A position in the audit log: for each hash chain, the number (`seq`) of a row in this chain. The number 0 is the
 * position before the first row.
 */
export type AuditPosition = Readonly<Record<AuditChain, number>>;

export const auditBegin: AuditPosition = { proven: 0, unproven: 0 };

export interface AuditFilter {
  /** The earliest time of the events to return, in milliseconds since the epoch. */
  readonly since?: number | undefined;
  /** The latest time of the events to return, in milliseconds since the epoch. */
  readonly until?: number | undefined;
  readonly subject?: string | undefined;
  readonly id?: string;
  readonly outcome?: AuditEvent['outcome'] | undefined;
  /** Only rows after this position are returned. */
  readonly after?: AuditPosition;
  /** The maximum number of rows to return. If more rows match, the oldest of them are returned. */
  readonly limit?: number;
}

/** An event with its hash chain and its number in this chain. */
export interface AuditRow extends AuditEvent {
  readonly seq: number;
  readonly chain: AuditChain;
}

/**
 * The place of a row in the order of `AuditLog.newest`: the latest time first. Rows with the same time are ordered by
 * their chain as in `auditChains`, and then by their number, the highest first. The place of a row never changes.
 */
export interface AuditPlace {
  readonly at: number;
  readonly chain: AuditChain;
  readonly seq: number;
}

/** A question to `AuditLog.newest`. A row must match all members that are given. */
export interface AuditQuery extends Pick<AuditFilter, 'since' | 'until' | 'subject' | 'outcome'> {
  /**
   * The result contains all rows that list this repository, and may contain rows that do not list all of their
   * repositories. The caller must check each row (see `listsRepository`).
   */
  readonly repository?: string | undefined;
  /**
   * The result contains all rows whose subject contains this text, and may contain rows whose subject contains it in
   * upper-case letters.
   */
  readonly nameContains?: string | undefined;
  /** Only rows after this place, which are older rows, are returned. */
  readonly before?: AuditPlace | undefined;
  /** The maximum number of rows to return. */
  readonly limit: number;
}

export interface AuditPage {
  readonly rows: readonly AuditRow[];
  /**
   * The place where the next call continues. Undefined if there are no more rows. A page can have fewer rows than the
   * limit, or none, although there are more rows.
   */
  readonly next: AuditPlace | undefined;
}

/** What `AuditLog.prune` keeps. */
export interface AuditLimits {
  /** Rows before this time are removed. In milliseconds since the epoch. */
  readonly before: number;
  readonly maxEvents: number;
  /** The maximum size of the rows and their index entries, approximately. If undefined, there is no limit. */
  readonly maxBytes?: number;
}

export interface AuditLog {
  /**
   * Writes all events or none of them.
   * @param isRetry true if an earlier call with the same events failed because the connection broke during the commit.
   *   That call may have written the events, so this call first checks whether they are in the log, and writes them
   *   only if they are not
   */
  append(events: readonly EventText[], isRetry?: boolean, chain?: AuditChain): Promise<void>;
  /**
   * Returns the events that match the filter, oldest first. They come from both hash chains of the log (see
   * `auditChains`).
   */
  list(filter: AuditFilter): Promise<AuditRow[]>;
  /**
   * Returns the events that match the query, newest first. Examines only some thousand rows, so that a call takes a few
   * milliseconds however long the log is. Call this method again with `before: page.next` for older rows: each row
   * is returned once, also while other rows are added and removed.
   */
  newest(query: AuditQuery): Promise<AuditPage>;
  /**
   * Checks a hash chain. Returns the number (`seq`) of the first row that is missing or was changed. Returns undefined
   * if the chain is intact.
   */
  verify(chain?: AuditChain): Promise<number | undefined>;
  /**
   * Returns the number and the hash of the newest row of a chain. Administrators can store both values outside the
   * database. If the row with this number later has another hash, someone has rewritten the hash chain.
   */
  head(chain?: AuditChain): Promise<{ readonly seq: number; readonly hash: string } | undefined>;
  /**
   * Returns the latest time of the events after the row with the number `afterSeq`, in milliseconds since the epoch.
   * Reads only the chain `proven`, which does not contain the unproven events (denied requests, and tokens for
   * anonymous clients). If the clock was wrong for a while, the newest row may not have the latest time.
   */
  newestAt(afterSeq: number): Promise<number | undefined>;
  /**
   * Removes one batch of rows that exceed the limits. Rows are removed only from the beginning of the chain, never from
   * the middle, so that the hash chain stays valid. The newest row is never removed.
   * @returns the number of removed rows, which is 0 if no rows exceed the limits
   */
  prune(limits: AuditLimits, chain?: AuditChain): Promise<number>;
  /**
   * Returns true if the disk has little free space. The remaining space is reserved for administrative changes, so
   * unproven events (denied requests, and tokens for anonymous clients) should not be written. Always returns false for
   * a database on another machine.
   */
  lacksSpace(): Promise<boolean>;
}

/**
 * Returns the position from which to read the rows that come after `rows`.
 * @param from the position from which `rows` were read
 */
export function positionAfter(rows: readonly AuditRow[], from: AuditPosition): AuditPosition {
  const position = { ...from };
  for (const { chain, seq } of rows) position[chain] = seq;
  return position;
}
