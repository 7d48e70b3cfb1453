import type { LabelColumns } from './columns/label.ts';

/**
 * The database tables, each with the type of its rows in SQLite and PostgreSQL. The files in migrations/ create the
 * tables. Times are in seconds since the epoch unless a comment says otherwise.
 */
export interface Tables {
  users: UserRow;
  disabled_htpasswd_users: DisabledHtpasswdUserRow;
  audit_events: AuditEventRow;
  audit_begin: AuditBeginRow;
  audit_end: AuditEndRow;
  audit_unproven: AuditEventRow;
  audit_unproven_begin: AuditBeginRow;
  audit_unproven_end: AuditEndRow;
  refresh_tokens: RefreshTokenRow;
  console_sessions: ConsoleSessionRow;
  federated_sessions: FederatedSessionRow;
  trust_rule_uses: TrustRuleUseRow;
  user_groups: GroupRow;
  group_members: GroupMemberRow;
  grants: GrantRow;
  access_tokens: AccessTokenRow;
  robots: RobotRow;
  robot_secrets: RobotSecretRow;
  sealed_keys: SealedKeyRow;
  installation_facts: InstallationFactRow;
  idempotency_keys: IdempotencyKeyRow;
  usage_events: UsageEventRow;
  usage_images: UsageImageRow;
  usage_actors: UsageActorRow;
  usage_months: UsageMonthRow;
  tag_claims: TagClaimRow;
  usage_tags: UsageTagRow;
  usage_manifests: UsageManifestRow;
  usage_times: UsageTimeRow;
  retention_plans: RetentionPlanRow;
  retention_leases: RetentionLeaseRow;
  trust_rules: TrustRuleRow;
  issuer_keys: IssuerKeysRow;
}

export interface UserRow {
  name: string;
  role: string;
  password_hash: string | null;
  /** 0 or 1, because SQLite has no booleans. */
  disabled: number;
  created_at: number;
  changed_at: number;
  unlocked_at: number | null;
  /** `role` or `grants`. */
  rights_from: string;
}

export interface DisabledHtpasswdUserRow {
  name: string;
  disabled_at: number;
}

export interface AuditEventRow {
  seq: number;
  id: string;
  /** The time of the event, in milliseconds since the epoch. */
  at: number;
  outcome: string;
  subject: string;
  address: string;
  client: string;
  host: string;
  realm: string;
  asked: string;
  granted: string;
  reason: string;
  token_id: string;
  times: number;
  hash: string;
}

/**
 * The only row of the table audit_begin or audit_unproven_begin. It describes the last event that was removed from the
 * beginning of the chain. If no event was removed, the table is empty.
 */
export interface AuditBeginRow {
  seq: number;
  hash: string;
}

/** The only row of the table audit_end or audit_unproven_end. It describes the newest event of the chain. */
export interface AuditEndRow extends AuditBeginRow {
  /** The approximate number of bytes that all rows of the chain need in the database. */
  bytes: number;
}

/** The columns that each table of sessions has. */
export interface SessionRow {
  hash: string;
  id: string;
  /** The user. For a federated session, `ci:` and the name of the trust rule. */
  user_name: string;
  host: string;
  created_at: number;
  last_used_at: number;
  last_used_from: string;
}

export interface RefreshTokenRow extends SessionRow {
  service: string;
  client: string;
  expires_at: number;
}

export interface ConsoleSessionRow extends SessionRow {
  credential: string;
  browser: string;
}

export interface FederatedSessionRow extends SessionRow {
  /** JSON: the verified claims of the JWT. */
  claims: string;
  /** JSON: a list of key sources. */
  sources: string;
  service: string;
  client: string;
  expires_at: number;
}

export interface TrustRuleUseRow {
  name: string;
  last_used_at: number;
  last_used_from: string;
}

export interface GroupRow {
  name: string;
  created_at: number;
}

export interface GroupMemberRow {
  group_name: string;
  user_name: string;
}

export interface GrantRow {
  subject: string;
  pattern: string;
  actions: string;
  created_at: number;
}

export interface AccessTokenRow extends LabelColumns {
  hash: string;
  name: string;
  user_name: string;
  only_rights: string | null;
  created_at: number;
  expires_at: number | null;
  last_used_at: number | null;
  last_used_from: string | null;
  /** 0 or 1. */
  api: number;
}

export interface RobotRow extends LabelColumns {
  name: string;
  only_rights: string;
  disabled: number;
  created_at: number;
  expires_at: number | null;
  last_used_at: number | null;
  last_used_from: string | null;
  /** 0 or 1. */
  api: number;
}

export interface RobotSecretRow {
  hash: string;
  robot_name: string;
  created_at: number;
  expires_at: number | null;
}

export interface SealedKeyRow {
  name: string;
  sealed: string;
}

export interface InstallationFactRow {
  name: string;
  value: string;
}

export interface IdempotencyKeyRow {
  caller: string;
  key: string;
  request: string;
  answer: string | null;
  created_at: number;
}

/** Times are in milliseconds since the epoch in the tables of the usage. */
export interface UsageEventRow {
  seq: number;
  id_key: Uint8Array;
  id: string;
  at: number;
  received_at: number;
  kind: string;
  repository: string;
  tag: string | null;
  digest: string | null;
  media_type: string;
  children: string | null;
  actor: string;
  address: string;
  host: string;
  domain: string;
  user_agent: string;
  fetcher: number | null;
  /** `pull`, `child`, `push` or null. */
  outcome: string | null;
  image: number | null;
}

export interface UsageImageRow {
  id: number;
  image_key: Uint8Array;
  repository_key: Uint8Array;
  repository: string;
  tag: string | null;
  digest: string | null;
  digest_at: number;
  domain: string;
  pulls: number;
  last_pulled_at: number | null;
  last_pulled_by: string | null;
  pushes: number;
  last_pushed_at: number | null;
  last_pushed_by: string | null;
}

export interface UsageActorRow {
  id: number;
  name_key: Uint8Array;
  name: string;
}

export interface UsageMonthRow {
  image: number;
  month: number;
  cells: Uint8Array;
}

export interface UsageTagRow {
  tag_key: Uint8Array;
  repository_key: Uint8Array;
  tag: string;
  pushed_at: number | null;
  pushed_digest: string | null;
  deleted_at: number | null;
  listed_at: number | null;
  listed_digest: string | null;
}

export interface UsageManifestRow {
  manifest_key: Uint8Array;
  repository_key: Uint8Array;
  digest: string;
  named_at: number | null;
  pushed_at: number | null;
  untagged_at: number | null;
  deleted_at: number | null;
}

export interface UsageTimeRow {
  /** `first received` or `newest event`. */
  name: string;
  at: number;
}

export interface RetentionPlanRow {
  id: string;
  created_at: number;
  state: string;
  content: string | null;
  problem: string | null;
  begun: number;
}

export interface RetentionLeaseRow {
  name: string;
  holder: string;
  until: number;
}

export interface TrustRuleRow {
  name: string;
  position: number;
  definition: string;
  pins: string;
  candidate: string | null;
  created_at: number;
}

export interface IssuerKeysRow {
  source: string;
  key_set: string;
  read_at: number;
}

export interface TagClaimRow {
  repository: string;
  tag: string;
  holder: string;
  /** Milliseconds since the epoch, by the clock of the database. */
  expires_at: number;
}
