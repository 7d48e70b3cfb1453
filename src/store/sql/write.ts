import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

/** Runs a write in the backend's way: waiting for locks, explaining errors. */
export type Write = <Result>(statement: () => Promise<Result>) => Promise<Result>;

export interface Writes {
  /** For what decisions rest on: counted as a change. */
  readonly counted: Write;
  /** For what nothing rests on: audit rows, times of last use. */
  readonly quietly: Write;
  /** Has those who write one thing wait for one another, where the backend's own write lock does not. */
  readonly lock?: Lock;
}

/** Held until the transaction ends. */
export type Lock = (
  transaction: Kysely<Tables>,
  what: 'administration' | 'auditChain' | 'encryptedKeys',
) => Promise<void>;

/** Runs statements that belong together in the transaction at hand, or in one of their own. */
export function atomically<Result>(
  database: Kysely<Tables>,
  work: (transaction: Kysely<Tables>) => Promise<Result>,
): Promise<Result> {
  return database.isTransaction ? work(database) : database.transaction().execute(work);
}
