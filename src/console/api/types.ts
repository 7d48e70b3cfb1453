// The answers of the API, as GET /auth/api/v1/openapi.json describes them. Times are RFC 3339 in UTC. Members that the
// console does not use are left out.

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export type Role = 'admin' | 'writer' | 'reader' | 'none';

/** One right and where it comes from. */
export interface Right {
  readonly pattern: string;
  readonly actions: readonly string[];
  /** `by role`, `granted to alice`, `granted to group:dev` or `by --only`. */
  readonly from?: string;
}

export interface Me {
  readonly name: string;
  readonly kind: 'user' | 'robot';
  readonly role: Role | null;
  readonly groups: readonly string[];
  readonly rights: readonly Right[];
  readonly version: string;
}

export interface User {
  readonly name: string;
  readonly role: Role;
  /** Where the user comes from, for example `local` or `htpasswd`. */
  readonly source: string;
  readonly disabled: boolean;
  readonly groups: readonly string[];
  /** `active`, `disabled` or `no password`. */
  readonly state?: string;
  readonly created?: string;
  readonly changed?: string;
  /** Which of the two gives rights on repositories. */
  readonly rightsFrom?: 'role' | 'grants';
  readonly rights?: readonly Right[];
}

export interface Group {
  readonly name: string;
  readonly members: readonly string[];
}

export interface Grant {
  /** The name of a user, or `group:NAME`. */
  readonly subject: string;
  readonly pattern: string;
  readonly actions: readonly string[];
}

/** A right to which a token or robot is limited: `PATTERN:ACTIONS`, or its parts. */
export type OnlyRight = string | { readonly pattern: string; readonly actions: readonly string[] };

interface Label {
  readonly description?: string | null;
  readonly owner?: string | null;
}

interface LastUse {
  readonly lastUsed?: string | null;
  readonly lastUsedFrom?: string | null;
}

export interface AccessToken extends Label, LastUse {
  readonly id: string;
  readonly name: string;
  readonly user: string;
  /** Null for a token with all rights of its user. */
  readonly only: readonly OnlyRight[] | null;
  readonly api: boolean;
  readonly expires: string | null;
  readonly created?: string;
  readonly state?: string;
}

export interface Robot extends Label, LastUse {
  readonly name: string;
  readonly only: readonly OnlyRight[];
  readonly api?: boolean;
  readonly disabled: boolean;
  readonly expires: string | null;
  readonly created?: string;
  readonly state?: string;
}

export interface Session {
  readonly id: string;
  readonly user: string;
  readonly client: string;
  readonly host: string;
  readonly createdAt: string;
  readonly lastUsedAt: string;
  readonly lastUsedFrom?: string;
  /** The User-Agent of the browser, for a session of the console. */
  readonly browser?: string | null;
}

/** An answer that contains a secret, which is shown once. */
export type WithSecret<T> = T & { readonly secret?: string };
