import type { Kysely } from 'kysely';
import type { AdministrativeChange } from '../../audit/event.ts';
import { createChangeEvent } from '../../audit/change-event.ts';
import { formatEventText } from '../../audit/event-text.ts';
import { sqlAccessTokens } from './access-tokens.ts';
import { sqlAuditLog } from './audit/audit-log.ts';
import { sqlSessions } from './sessions/sessions.ts';
import { sqlConsoleSessions } from './sessions/console-sessions.ts';
import { sqlFederatedSessions } from './sessions/federated-sessions.ts';
import { sqlGrants } from './grants.ts';
import { sqlGroups } from './groups.ts';
import { sqlIdempotencyKeys } from './idempotency-keys.ts';
import { sqlInstallationFacts } from './installation-facts.ts';
import { sqlIssuerKeys } from './trust/issuer-keys.ts';
import { sqlRefreshTokens } from './sessions/refresh-tokens.ts';
import { sqlRetentionPlans } from './retention/plans.ts';
import { sqlRobots } from './robots.ts';
import { sqlTagClaims } from './tags/tag-claims.ts';
import { sqlTrustRuleUses } from './trust/rule-uses.ts';
import { sqlEncryptedKeys } from './encrypted-keys.ts';
import type { Ports } from '../store.ts';
import type { Tables } from './tables.ts';
import type { Lock, Write, Writes } from './write.ts';
import { sqlUsage } from './usage/usage.ts';
import { sqlTrustRules } from './trust/trust-rules.ts';
import { sqlHtpasswdUsers, sqlUsers } from './users.ts';

/**
 * Creates the implementations of all ports. They run their queries in the given database or transaction, and use only
 * SQL that both SQLite and PostgreSQL understand.
 */
export function createRepositories(database: Kysely<Tables>, { counted, quietly, lock }: Writes): Ports {
  return {
    users: sqlUsers(database, counted),
    htpasswdUsers: sqlHtpasswdUsers(database, counted),
    groups: sqlGroups(database, counted),
    grants: sqlGrants(database, counted),
    accessTokens: sqlAccessTokens(database, counted, quietly),
    robots: sqlRobots(database, counted, quietly),
    refreshTokens: sqlRefreshTokens(database, counted, quietly),
    consoleSessions: sqlConsoleSessions(database, quietly),
    federatedSessions: sqlFederatedSessions(database, counted, quietly),
    sessions: sqlSessions(database),
    trustRuleUses: sqlTrustRuleUses(database, quietly),
    auditLog: sqlAuditLog(database, quietly, lock),
    encryptedKeys: sqlEncryptedKeys(database, quietly, lock),
    facts: sqlInstallationFacts(database, quietly),
    trustRules: sqlTrustRules(database, counted, quietly),
    idempotencyKeys: sqlIdempotencyKeys(database, quietly),
    tagClaims: sqlTagClaims(database, quietly),
    usage: sqlUsage(database, quietly, lock),
    retentionPlans: sqlRetentionPlans(database, quietly),
    issuerKeys: sqlIssuerKeys(database, quietly),
  };
}

const asIs: Write = (statement) => statement();

/**
 * Runs an administrative change and appends its audit row. Both happen in the transaction that the backend has opened.
 * Administrative changes run one after the other, so that what a change has checked stays true until it is written. For
 * example, if a change finds that a name is free, no other change can take the name in the meantime.
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
