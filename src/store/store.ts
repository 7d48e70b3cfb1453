import type { AdministrativeChange } from '../audit/event.ts';
import type { Broadcast } from './broadcast.ts';
import type { AccessTokens } from './ports/access-tokens.ts';
import type { AuditLog } from './ports/audit-log.ts';
import type { EncryptedKeys } from './ports/encrypted-keys.ts';
import type { Grants } from './ports/grants.ts';
import type { Groups } from './ports/groups.ts';
import type { RefreshTokens } from './ports/refresh-tokens.ts';
import type { Robots } from './ports/robots.ts';
import type { Users } from './ports/users.ts';

export type * from './ports/access-tokens.ts';
export type * from './ports/audit-log.ts';
export type * from './ports/encrypted-keys.ts';
export type * from './ports/grants.ts';
export type * from './ports/groups.ts';
export type * from './ports/last-use.ts';
export type * from './ports/only-right.ts';
export type * from './ports/refresh-tokens.ts';
export type * from './ports/robots.ts';
export type * from './ports/users.ts';

/**
 * What the rest of dockpass needs from a database. Nothing here is specific to SQLite. Every port is asynchronous,
 * a counter shows changes of any process, and both backends pass the same tests (test/process/store/). Times are
 * seconds since the epoch. When the promise of a write resolves, the write is on disk. Every port may throw
 * DockpassError `database_busy` or `database`.
 */
export interface Store extends Ports {
  /** Makes an administrative change and appends its audit row: both or neither. */
  change<Result>(what: AdministrativeChange, work: (ports: Ports) => Promise<Result>): Promise<Result>;
  /** Sends messages to every process that uses this database. Undefined if only one process can use it. */
  readonly broadcast?: Broadcast;
  /**
   * Returns a counter that grows with every change that decisions depend on, from any process. It is cheap, and is
   * called with every login.
   */
  changes(): number;
  /** Returns why this process does not learn of changes by other processes, and what to do. Undefined if it does. */
  missedChangesReason?(): string | undefined;
  close(): Promise<void>;
}

/** The tables of the database: one port for each topic, in a file of its own in ports/. */
export interface Ports {
  readonly users: Users;
  readonly groups: Groups;
  readonly grants: Grants;
  readonly accessTokens: AccessTokens;
  readonly robots: Robots;
  readonly refreshTokens: RefreshTokens;
  readonly auditLog: AuditLog;
  readonly encryptedKeys: EncryptedKeys;
}
