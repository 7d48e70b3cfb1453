import type { StoredAccount } from './users.ts';
import type { OnlyRight } from './only-right.ts';
import type { LastUse } from './last-use.ts';

export interface AccessToken {
  /** SHA-256 of the secret, hexadecimal. */
  readonly hash: string;
  readonly name: string;
  readonly user: string;
  /** Null: everything that the user may do. */
  readonly only: readonly OnlyRight[] | null;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUse: LastUse | null;
}

export interface AccessTokens {
  /** Reads everything that the first use of a token needs, in one query. */
  findWithOwner(hash: string): Promise<{ token: AccessToken; owner: StoredAccount } | undefined>;
  /** Lists the tokens of one user, or of all. */
  list(user?: string): Promise<AccessToken[]>;
  add(token: AccessToken): Promise<boolean>;
  remove(user: string, name: string): Promise<boolean>;
  /** Records when tokens were last used, by hash. Does not count as a change. */
  used(uses: ReadonlyMap<string, LastUse>): Promise<void>;
}
