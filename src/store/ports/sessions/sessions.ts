import type { PageFilter } from '../page.ts';
import type { LastUse } from '../last-use.ts';

/** A session of a client (a refresh token), of a federated identity or of the web console, as lists show it. */
export interface ListedSession {
  readonly kind: 'refresh token' | 'federated' | 'console';
  /** The SHA-256 hash of the refresh token or of the secret in the cookie. */
  readonly hash: string;
  readonly id: string;
  /** For a federated identity, `ci:` and the name of its trust rule. */
  readonly user: string;
  readonly host: string;
  /** The name of the client. For the console, the User-Agent of the browser. */
  readonly client: string;
  readonly createdAt: number;
  /** For a refresh token: when it expires in any case. Null for the console, where this follows from `createdAt`. */
  readonly expiresAt: number | null;
  readonly lastUse: LastUse;
}

/** Lists are sorted by user and then by creation. */
export interface SessionKey {
  readonly user: string;
  readonly createdAt: number;
  readonly id: string;
}

/** Which sessions have not ended: those that began, were used, and expire after these times. */
export interface ActiveSince {
  readonly refreshToken: SessionTimes & { readonly expiresAt: number };
  readonly console: SessionTimes;
  /** Federated sessions that expire after this time. Their use does not prolong them. */
  readonly federated: { readonly expiresAt: number };
}

interface SessionTimes {
  readonly createdAt: number;
  readonly lastUsedAt: number;
}

/** Reads the sessions of clients, of federated identities and of the console together. */
export interface Sessions {
  /** Reads one page. `contains` is a part of the id. @param user only sessions of this user; undefined for all users */
  page(filter: PageFilter<SessionKey>, activeSince: ActiveSince, user?: string): Promise<ListedSession[]>;
  /** Finds a session by its id, also one that has ended. */
  find(id: string): Promise<ListedSession | undefined>;
}
