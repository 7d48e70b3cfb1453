import type { AuditEvent } from '../../audit/event.ts';
import type { EventText } from '../../audit/event-text.ts';

export interface AuditFilter {
  /** Milliseconds since the epoch. */
  readonly since?: number;
  readonly subject?: string;
  readonly id?: string;
  /** Returns only rows after this one. */
  readonly afterSeq?: number;
  /** The largest number of rows, oldest first. */
  readonly limit?: number;
}

export interface AuditLog {
  /**
   * Writes all events or none.
   * @param isRetry true if the same events were passed before, and it is unknown whether they were written (the
   * connection broke during the commit). Events that were written are not written twice
   */
  append(events: readonly EventText[], isRetry?: boolean): Promise<void>;
  /** Oldest first. */
  list(filter: AuditFilter): Promise<(AuditEvent & { readonly seq: number })[]>;
  /** Returns the seq of the first row that does not fit into the chain. Returns undefined if all rows fit. */
  verify(): Promise<number | undefined>;
  /**
   * Returns the position of the newest row in the chain. If you store it elsewhere, it reveals a chain that was
   * rewritten.
   */
  head(): Promise<{ readonly seq: number; readonly hash: string } | undefined>;
  /**
   * Removes some of the oldest rows: rows older than `before` (milliseconds), and rows that are not among the
   * newest `keep`. Returns how many; 0 if nothing is left to remove. It never removes a row from the middle, so
   * that the chain stays valid.
   */
  prune(before: number, keep: number): Promise<number>;
}
