import type { LastUse } from '../../ports/last-use.ts';
import { lastUseOf } from '../last-use.ts';
import type { SessionRow } from '../tables.ts';

/** What each kind of session has. */
export interface SessionColumns {
  readonly hash: string;
  readonly id: string;
  /** As in the column `user_name`. */
  readonly user: string;
  readonly host: string;
  readonly createdAt: number;
  readonly lastUse: LastUse;
}

/** Returns the columns that each table of sessions has. */
export function toSessionRow({ hash, id, user, host, createdAt, lastUse }: SessionColumns): SessionRow {
  return {
    ...{ hash, id, user_name: user, host, created_at: createdAt },
    ...{ last_used_at: lastUse.at, last_used_from: lastUse.from },
  };
}

/** Reads the columns that each table of sessions has. PostgreSQL returns numbers as text. */
export function fromSessionRow(row: SessionRow): SessionColumns {
  const { hash, id, user_name: user, host } = row;
  return {
    ...{ hash, id, user, host, createdAt: Number(row.created_at) },
    lastUse: lastUseOf(row),
  };
}
