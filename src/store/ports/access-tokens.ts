import type { StoredAccount } from './users.ts';
import type { OnlyRight } from './only-right.ts';
import type { Label } from './columns/label.ts';
import type { PageFilter } from './page.ts';
import type { LastUse } from './last-use.ts';

export interface AccessToken extends Label {
  /** The SHA-256 hash of the secret, in hexadecimal. */
  readonly hash: string;
  readonly name: string;
  readonly user: string;
  /** The rights to which the token is limited. Null if the token has all rights of its user. */
  readonly only: readonly OnlyRight[] | null;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUse: LastUse | null;
  /** True if the administration API accepts the token. Undefined if not. */
  readonly api?: boolean;
}

export interface AccessTokens {
  /**
   * Reads an access token and the account of its owner in one query. The server needs both for the first login with the
   * token. For later logins, the server uses its cache.
   */
  findWithOwner(hash: string): Promise<{ token: AccessToken; owner: StoredAccount } | undefined>;
  /** Lists the tokens of one user, or the tokens of all users if `user` is undefined. */
  list(user?: string): Promise<AccessToken[]>;
  find(user: string, name: string): Promise<AccessToken | undefined>;
  /** Reads one page, sorted by user and name. @param user only tokens of this user; undefined for all users */
  page(
    filter: PageFilter<{ readonly user: string; readonly name: string }>,
    user?: string,
  ): Promise<AccessToken[]>;
  add(token: AccessToken): Promise<boolean>;
  remove(user: string, name: string): Promise<boolean>;
  /**
   * Stores when each token was last used, and from which address. The keys of the map are token hashes. This write does
   * not change the result of `Store.changes`.
   */
  used(uses: ReadonlyMap<string, LastUse>): Promise<void>;
}
