import type { AuditEvent } from '../../audit/event.ts';
import type { EventText } from '../../audit/event-text.ts';

export interface AuditFilter {
  /** The earliest time of the events to return, in milliseconds since the epoch. */
  readonly since?: number;
  readonly subject?: string;
  readonly id?: string;
  /** The number of a row. Only rows with a higher number are returned. */
  readonly afterSeq?: number;
  /** The maximum number of rows to return. If more rows match, the oldest of them are returned. */
  readonly limit?: number;
}

export interface AuditLog {
  /**
   * Writes all events or none of them.
   * @param isRetry true if an earlier call with the same events failed because the connection broke during the commit.
   *   That call may have written the events, so this call first checks whether they are in the log, and writes them
   *   only if they are not
   */
  append(events: readonly EventText[], isRetry?: boolean): Promise<void>;
  /** Returns the events that match the filter, oldest first. */
  list(filter: AuditFilter): Promise<(AuditEvent & { readonly seq: number })[]>;
  /**
   * Checks the hash chain. Returns the number (`seq`) of the first row that is missing or was changed. Returns
   * undefined if the chain is intact.
   */
  verify(): Promise<number | undefined>;
  /**
   * Returns the number and the hash of the newest row. Administrators can store both values outside the database. If
   * the row with this number later has another hash, someone has rewritten the hash chain.
   */
  head(): Promise<{ readonly seq: number; readonly hash: string } | undefined>;
  /**
   * Removes one batch of old rows. A row is old if its time is before `before` (milliseconds since the epoch) or if it
   * is not among the newest `keep` rows. Rows are removed only from the beginning of the log, never from the middle, so
   * that the hash chain stays valid.
   * @returns the number of removed rows, which is 0 if no old rows are left
   */
  prune(before: number, keep: number): Promise<number>;
}
