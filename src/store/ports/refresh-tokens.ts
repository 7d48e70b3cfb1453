import type { StoredAccount } from './users.ts';
import type { LastUse } from './last-use.ts';

/** A refresh token. Docker calls it an identity token. */
export interface RefreshToken {
  /** The SHA-256 hash of the token, in hexadecimal. */
  readonly hash: string;
  /** A short id with which users name the token in commands. */
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
   * token. For later logins, it uses its cache.
   */
  findWithHolder(hash: string): Promise<{ token: RefreshToken; holder: StoredAccount } | undefined>;
  list(user?: string): Promise<RefreshToken[]>;
  add(token: RefreshToken): Promise<void>;
  /** Removes the token with this hash. */
  remove(hash: string): Promise<boolean>;
  /** Removes all tokens of a user and returns how many were removed. */
  removeAllOf(user: string): Promise<number>;
  /**
   * Removes the tokens that expired before `expiredAt` and the tokens that were last used before `lastUsedAt`. The
   * server accepts neither of them anymore. Returns the number of removed tokens.
   */
  removeExpired(before: { expiredAt: number; lastUsedAt: number }): Promise<number>;
  /**
   * Stores the time of the last use of each token. The keys of the map are token hashes. `Store.changes` does not count
   * this write.
   */
  used(uses: ReadonlyMap<string, LastUse>): Promise<void>;
}
