import type { Role } from '../policy/rights.ts';
import type { AuditEvent } from '../observe/audit-event.ts';

/**
 * What a database is to the rest of dockpass. Nothing here is SQLite's: every port is async, a change by anyone (the
 * CLI, another process) is told by a counter, and each backend passes test/store/.
 */
export interface Store {
  readonly users: Users;
  readonly auditLog: AuditLog;
  /** Grows with every change that anyone made to what decisions rest on. Cheap: asked with every request. */
  changes(): number;
  close(): Promise<void>;
}

export interface User {
  /** Canonical: lower case. */
  readonly name: string;
  readonly role: Role;
  /** PHC string format; null for a user who cannot log in by password. */
  readonly passwordHash: string | null;
  readonly disabled: boolean;
  /** Seconds since the epoch. */
  readonly createdAt: number;
  readonly changedAt: number;
}

/** A write is on disk when its promise resolves. @throws DockpassError `database_busy`, `database` */
export interface Users {
  find(name: string): Promise<User | undefined>;
  /** By name. */
  list(): Promise<User[]>;
  /** False where the name is taken. */
  add(user: User): Promise<boolean>;
  /** False where there is no such user. */
  update(name: string, change: UserChange): Promise<boolean>;
  /** False where there is no such user. */
  remove(name: string): Promise<boolean>;
}

export interface UserChange {
  readonly role?: Role;
  readonly passwordHash?: string;
  readonly disabled?: boolean;
  readonly changedAt: number;
}

export interface AuditLog {
  /** Writes all or none. */
  append(events: readonly AuditEvent[]): Promise<void>;
  /** Oldest first. */
  since(at: number): Promise<AuditEvent[]>;
}
