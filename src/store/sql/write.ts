import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

/**
 * Runs a write to the database. Each backend has its own implementation, which repeats the write if a lock prevents it,
 * and converts database errors into understandable ones.
 */
export type Write = <Result>(statement: () => Promise<Result>) => Promise<Result>;

export interface Writes {
  /** Runs a write on which access decisions depend, for example a change of a user. Increments the change counter. */
  readonly counted: Write;
  /**
   * Runs a write on which no access decision depends, for example the insertion of an audit row. Does not increment the
   * change counter.
   */
  readonly quietly: Write;
  /**
   * Takes a lock, so that transactions that write the same rows run one after the other. Undefined for SQLite, because
   * only one transaction at a time can write to a SQLite database.
   */
  readonly lock?: Lock;
}

/** Takes a lock and holds it until the transaction ends. */
export type Lock = (
  transaction: Kysely<Tables>,
  what: 'administration' | 'auditChain' | 'encryptedKeys' | 'usage',
) => Promise<void>;

/** Runs `work` in the current transaction. If there is no current transaction, opens a new one for `work`. */
export function atomically<Result>(
  database: Kysely<Tables>,
  work: (transaction: Kysely<Tables>) => Promise<Result>,
): Promise<Result> {
  return database.isTransaction ? work(database) : database.transaction().execute(work);
}
