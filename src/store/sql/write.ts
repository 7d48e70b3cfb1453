import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

/** Runs a write as the backend requires it: waits for locks and explains errors. */
export type Write = <Result>(statement: () => Promise<Result>) => Promise<Result>;

export interface Writes {
  /** For rows that decisions depend on. The write counts as a change. */
  readonly counted: Write;
  /** For rows that no decision depends on: audit rows and times of last use. */
  readonly quietly: Write;
  /** Makes writers of the same rows wait for each other, if the write lock of the backend does not do that. */
  readonly lock?: Lock;
}

/** The lock is held until the transaction ends. */
export type Lock = (
  transaction: Kysely<Tables>,
  what: 'administration' | 'auditChain' | 'encryptedKeys',
) => Promise<void>;

/** Runs statements in the present transaction. If there is none, it opens one. */
export function atomically<Result>(
  database: Kysely<Tables>,
  work: (transaction: Kysely<Tables>) => Promise<Result>,
): Promise<Result> {
  return database.isTransaction ? work(database) : database.transaction().execute(work);
}
