import type { LastUse } from '../last-use.ts';

/**
 * Reads and writes when each trust rule last accepted a JWT. The key is the name of the rule, without the prefix `ci:`.
 * No write changes the result of `Store.changes`.
 */
export interface TrustRuleUses {
  list(): Promise<ReadonlyMap<string, LastUse>>;
  /** Stores last uses. An earlier time never overwrites a later one. */
  used(uses: ReadonlyMap<string, LastUse>): Promise<void>;
  /** Forgets the last use of a rule that was removed. */
  remove(name: string): Promise<void>;
}
