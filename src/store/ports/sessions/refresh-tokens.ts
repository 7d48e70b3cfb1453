import type { StoredAccount } from '../users.ts';
import type { LastUse } from '../last-use.ts';

/** A refresh token. Docker calls it an identity token. */
export interface RefreshToken {
  /** The SHA-256 hash of the token, in hexadecimal. */
  readonly hash: string;
  /** A short id that identifies the token in commands. */
  readonly id: string;
  readonly user: string;
  readonly service: string;
  /** The host name at which the token was issued. The token is valid only at this host. */
  readonly host: string;
  readonly client: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly lastUse: LastUse;
}

export interface RefreshTokens {
  findByHash(hash: string): Promise<RefreshToken | undefined>;
  /**
   * Reads a refresh token and the account of its user in one query. The server needs both for the first login with the
   * token. For later logins, the server uses its cache.
   */
  findWithHolder(hash: string): Promise<{ token: RefreshToken; holder: StoredAccount } | undefined>;
  list(user?: string): Promise<RefreshToken[]>;
  add(token: RefreshToken): Promise<void>;
  /** Returns the number of tokens of a user. */
  countOf(user: string): Promise<number>;
  /** Returns the `count` least recently used tokens of a user, sorted by their last use, the oldest use first. */
  leastRecentlyUsedOf(user: string, count: number): Promise<RefreshToken[]>;
  /** Removes the token with this hash. */
  remove(hash: string): Promise<boolean>;
  /** Removes all tokens of a user and returns how many were removed. */
  removeAllOf(user: string): Promise<number>;
  /**
   * Removes the tokens that expired before `expiredAt` and the tokens that were last used before `lastUsedAt`. The
   * server no longer accepts any of these tokens. Returns the number of removed tokens.
   */
  removeExpired(before: { expiredAt: number; lastUsedAt: number }): Promise<number>;
  /**
   * Stores when each token was last used, and from which address. The keys of the map are token hashes. This write does
   * not change the result of `Store.changes`.
   */
  used(uses: ReadonlyMap<string, LastUse>): Promise<void>;
}
