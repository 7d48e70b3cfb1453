// The answers of the API, as GET /auth/api/v1/openapi.json describes them. Times are RFC 3339 in UTC.

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export type Role = 'admin' | 'writer' | 'reader' | 'none';

export const roles: readonly Role[] = ['admin', 'writer', 'reader', 'none'];

/** One right and where it comes from. */
export interface Right {
  readonly pattern: string;
  readonly actions: readonly string[];
  /** For example `role writer`, `grant to alice` or `grant to group ops`. */
  readonly origin?: string;
}

export interface Me {
  readonly name: string;
  readonly kind: 'user' | 'robot';
  readonly role: Role;
  readonly groups: readonly string[];
  readonly rights: readonly Right[];
  readonly version: string;
}

export interface User {
  readonly name: string;
  readonly role: Role;
  readonly source: string;
  readonly disabled: boolean;
  readonly groups: readonly string[];
  readonly rights?: readonly Right[];
}

export interface Group {
  readonly name: string;
  readonly members: readonly string[];
}

export interface Grant {
  readonly subject: string;
  readonly pattern: string;
  readonly actions: readonly string[];
}

export interface AccessToken {
  readonly id: string;
  readonly name: string;
  readonly user: string;
  readonly only: readonly string[] | null;
  readonly api: boolean;
  readonly expires: string | null;
}

export interface Robot {
  readonly name: string;
  readonly only: readonly string[];
  readonly disabled: boolean;
  readonly expires: string | null;
}

export interface Session {
  readonly id: string;
  readonly user: string;
  readonly client: string;
  readonly host: string;
  readonly createdAt: string;
  readonly lastUsedAt: string;
}

/** An answer that contains a secret, which is shown once. */
export type WithSecret<T> = T & { readonly secret?: string };
