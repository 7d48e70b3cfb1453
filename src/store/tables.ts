/** The rows as they stand in every database (migrations/). Times are seconds since the epoch unless said otherwise. */
export interface Tables {
  users: UserRow;
  audit_events: AuditEventRow;
}

export interface UserRow {
  name: string;
  role: string;
  password_hash: string | null;
  /** 0 or 1: SQLite has no booleans. */
  disabled: number;
  created_at: number;
  changed_at: number;
}

export interface AuditEventRow {
  id: string;
  /** Milliseconds. */
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
}
