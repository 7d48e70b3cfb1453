import type { AdministrativeChange, ChangeActor } from '../audit/event.ts';
import type { Broadcast } from './broadcast.ts';
import type { AccessTokens } from './ports/access-tokens.ts';
import type { AuditLog } from './ports/audit-log.ts';
import type { ConsoleSessions } from './ports/sessions/console-sessions.ts';
import type { FederatedSessions } from './ports/sessions/federated-sessions.ts';
import type { EncryptedKeys } from './ports/encrypted-keys.ts';
import type { Grants } from './ports/grants.ts';
import type { Groups } from './ports/groups.ts';
import type { IdempotencyKeys } from './ports/idempotency-keys.ts';
import type { InstallationFacts } from './ports/installation-facts.ts';
import type { IssuerKeys } from './ports/trust/issuer-keys.ts';
import type { RefreshTokens } from './ports/sessions/refresh-tokens.ts';
import type { Announcement } from './ports/running-servers.ts';
import type { RetentionPlans } from './ports/retention/plans.ts';
import type { Robots } from './ports/robots.ts';
import type { Sessions } from './ports/sessions/sessions.ts';
import type { TagClaims } from './ports/tags/tag-claims.ts';
import type { Usage } from './ports/usage/usage.ts';
import type { TrustRuleUses } from './ports/trust/rule-uses.ts';
import type { TrustRules } from './ports/trust/trust-rules.ts';
import type { HtpasswdUsers, Users } from './ports/users.ts';

export type * from './ports/access-tokens.ts';
export * from './ports/audit-log.ts';
export type * from './ports/sessions/console-sessions.ts';
export type * from './ports/sessions/federated-sessions.ts';
export type * from './ports/sessions/sessions.ts';
export type * from './ports/encrypted-keys.ts';
export type * from './ports/grants.ts';
export type * from './ports/groups.ts';
export type * from './ports/idempotency-keys.ts';
export type * from './ports/installation-facts.ts';
export type * from './ports/trust/issuer-keys.ts';
export type * from './ports/columns/label.ts';
export type * from './ports/last-use.ts';
export type * from './ports/only-right.ts';
export type * from './ports/page.ts';
export type * from './ports/sessions/refresh-tokens.ts';
export type * from './ports/retention/history.ts';
export type * from './ports/retention/plans.ts';
export type * from './ports/robots.ts';
export type * from './ports/running-servers.ts';
export type * from './ports/tags/tag-claims.ts';
export type * from './ports/usage/usage.ts';
export type * from './ports/trust/rule-uses.ts';
export type * from './ports/trust/trust-rules.ts';
export type * from './ports/users.ts';

/** Why this process does not receive the changes of other processes. */
export interface MissedChanges {
  readonly problem: string;
  readonly impact: string;
  readonly fix: string;
}

/**
 * The interface between dockpass and its database. SQLite and PostgreSQL implement it, and both implementations pass
 * the same tests (test/process/store/). All methods of the ports are asynchronous. Times are in seconds since the
 * epoch. When the promise of a write resolves, the write is on disk. Every port may throw a DockpassError
 * `database_busy` or `database`.
 */
export interface Store extends Ports {
  /** Makes an administrative change and appends its audit row, in one transaction. */
  change<Result>(what: AdministrativeChange, work: (ports: Ports) => Promise<Result>): Promise<Result>;
  /** Who makes the changes through this store, for the audit log. Undefined if this is not one person. */
  readonly actor?: ChangeActor;
  /** Sends messages to every server that uses this database. Undefined if only one server can use it (SQLite). */
  readonly broadcast?: Broadcast;
  /**
   * Returns a counter. The counter increases when any process changes data that decides about access. The call is
   * cheap, so every login can make it.
   */
  changes(): number;
  /**
   * Returns why this process receives no notifications of changes by other processes. Returns undefined if the process
   * receives the notifications.
   */
  missedChangesReason?(): MissedChanges | undefined;
  /**
   * Tells commands that a server uses this database. `describe` returns the description of the server. Commands read it
   * with `findServers` as long as the server runs, and no longer than that, even if the server is killed.
   */
  announce(describe: () => string): Promise<Announcement>;
  /** What was wrong with the rights in the database when the store was opened. Undefined for SQLite. */
  readonly rights?: DatabaseRights;
  close(): Promise<void>;
}

/** A problem with the rights of other roles in a PostgreSQL database, and the SQL statements that fix it. */
export interface DatabaseFault {
  readonly problem: string;
  readonly fix: string;
}

export interface DatabaseRights {
  /** What allows other roles to run code with the rights of dockpass. */
  readonly ownership: readonly DatabaseFault[];
  /**
   * Describes the fault that every role of the PostgreSQL server may connect to the database. Undefined if there is no
   * such fault.
   */
  readonly publicAccess: DatabaseFault | undefined;
}

/**
 * The interfaces, called ports, through which dockpass reads and writes the tables of the database. Each topic, such as
 * users or grants, has its own port, and each port has its own file in ports/.
 */
export interface Ports {
  readonly users: Users;
  readonly htpasswdUsers: HtpasswdUsers;
  readonly groups: Groups;
  readonly grants: Grants;
  readonly accessTokens: AccessTokens;
  readonly robots: Robots;
  readonly refreshTokens: RefreshTokens;
  readonly consoleSessions: ConsoleSessions;
  readonly federatedSessions: FederatedSessions;
  readonly sessions: Sessions;
  readonly trustRuleUses: TrustRuleUses;
  readonly auditLog: AuditLog;
  readonly encryptedKeys: EncryptedKeys;
  readonly facts: InstallationFacts;
  readonly idempotencyKeys: IdempotencyKeys;
  readonly tagClaims: TagClaims;
  readonly usage: Usage;
  readonly retentionPlans: RetentionPlans;
  readonly trustRules: TrustRules;
  readonly issuerKeys: IssuerKeys;
}
