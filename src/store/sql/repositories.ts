import type { Kysely } from 'kysely';
import type { AdministrativeChange } from '../../audit/event.ts';
import { createChangeEvent } from '../../audit/change-event.ts';
import { formatEventText } from '../../audit/event-text.ts';
import { sqlAccessTokens } from './access-tokens.ts';
import { sqlAuditLog } from './audit-log.ts';
import { sqlGrants } from './grants.ts';
import { sqlGroups } from './groups.ts';
import { sqlRefreshTokens } from './refresh-tokens.ts';
import { sqlRobots } from './robots.ts';
import { sqlEncryptedKeys } from './encrypted-keys.ts';
import type { Ports } from '../store.ts';
import type { Tables } from './tables.ts';
import { sqlUsers } from './users.ts';

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
  what: 'administration' | 'auditChain' | 'sealedKeys',
) => Promise<void>;

/** All ports over one connection or transaction, in SQL that every backend speaks. */
export function createRepositories(database: Kysely<Tables>, { counted, quietly, lock }: Writes): Ports {
  return {
    users: sqlUsers(database, counted),
    groups: sqlGroups(database, counted),
    grants: sqlGrants(database, counted),
    accessTokens: sqlAccessTokens(database, counted, quietly),
    robots: sqlRobots(database, counted, quietly),
    refreshTokens: sqlRefreshTokens(database, counted, quietly),
    auditLog: sqlAuditLog(database, quietly, lock),
    sealedKeys: sqlEncryptedKeys(database, quietly, lock),
  };
}

const asIs: Write = (statement) => statement();

/**
 * Runs the change and appends its audit row, in the transaction that the backend opened. Administrative changes run one
 * after the other. So what a change has checked, for example that a name is free, still holds when it writes.
 */
export async function changeWithin<Result>(
  transaction: Kysely<Tables>,
  what: AdministrativeChange,
  work: (ports: Ports) => Promise<Result>,
  lock?: Lock,
): Promise<Result> {
  const ports = createRepositories(transaction, { counted: asIs, quietly: asIs, ...(lock && { lock }) });
  await lock?.(transaction, 'administration');
  const result = await work(ports);
  await ports.auditLog.append([formatEventText(createChangeEvent(what))]);
  return result;
}

/** Runs statements that belong together in the transaction at hand, or in one of their own. */
export function atomically<Result>(
  database: Kysely<Tables>,
  work: (transaction: Kysely<Tables>) => Promise<Result>,
): Promise<Result> {
  return database.isTransaction ? work(database) : database.transaction().execute(work);
}
