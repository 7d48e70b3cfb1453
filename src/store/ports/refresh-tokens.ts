import type { StoredAccount } from './users.ts';
import type { LastUse } from './last-use.ts';

/** docker calls it identity token. */
export interface RefreshToken {
  /** SHA-256 of the token, hexadecimal. */
  readonly hash: string;
  /** A short id by which a person names it. */
  readonly id: string;
  readonly user: string;
  readonly service: string;
  /** The host under which it was issued. It is valid only there. */
  readonly host: string;
  readonly client: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly lastUse: LastUse;
}

export interface RefreshTokens {
  findByHash(hash: string): Promise<RefreshToken | undefined>;
  /** Reads everything that the first use of a token needs, in one query. */
  findWithHolder(hash: string): Promise<{ token: RefreshToken; holder: StoredAccount } | undefined>;
  list(user?: string): Promise<RefreshToken[]>;
  add(token: RefreshToken): Promise<void>;
  /** Removes by hash. */
  remove(hash: string): Promise<boolean>;
  /** Returns how many were removed. */
  removeAllOf(user: string): Promise<number>;
  /**
   * Removes tokens that expired before `expiredAt` or were last used before `lastUsedAt`. They are no longer
   * accepted. Returns how many were removed.
   */
  removeExpired(before: { expiredAt: number; lastUsedAt: number }): Promise<number>;
  /** Records when tokens were last used, by hash. Does not count as a change. */
  used(uses: ReadonlyMap<string, LastUse>): Promise<void>;
}
