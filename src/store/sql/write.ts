import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

/**
 * Runs a write to the database. The implementation depends on the backend: it waits for locks and makes error messages
 * understandable.
 */
export type Write = <Result>(statement: () => Promise<Result>) => Promise<Result>;

export interface Writes {
  /**
   * Runs a write that access decisions depend on, for example a change of a user. The write increments the change
   * counter.
   */
  readonly counted: Write;
  /**
   * Runs a write that no access decision depends on, for example of an audit row. It does not increment the change
   * counter.
   */
  readonly quietly: Write;
  /**
   * Takes a lock, so that transactions that write the same rows run one after the other. SQLite needs no such function,
   * because only one transaction at a time can write to a SQLite database.
   */
  readonly lock?: Lock;
}

/** Takes a lock and holds it until the transaction ends. */
export type Lock = (
  transaction: Kysely<Tables>,
  what: 'administration' | 'auditChain' | 'encryptedKeys',
) => Promise<void>;

/** Runs `work` in the current transaction. If there is no current transaction, opens a new one for `work`. */
export function atomically<Result>(
  database: Kysely<Tables>,
  work: (transaction: Kysely<Tables>) => Promise<Result>,
): Promise<Result> {
  return database.isTransaction ? work(database) : database.transaction().execute(work);
}
