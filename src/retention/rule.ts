import { matches, type Pattern } from '../policy/pattern.ts';

/** What keeps a tag. At least one condition is set. A tag that any of them matches stays. */
export interface KeepConditions {
  /** Keeps this many ordinary tags, those that were pushed last. At least 1. */
  readonly newest: number | undefined;
  /** Keeps a tag that was pulled within this many seconds, by its name or by the digest of its manifest. */
  readonly pulledWithin: number | undefined;
  /** Keeps a tag that was pushed within this many seconds. */
  readonly pushedWithin: number | undefined;
  /** Keeps the tags that match one of these patterns. */
  readonly tags: readonly Pattern[];
}

/** A rule of the setting `retention`. `keep` or `untagged` is set, or both. */
export interface RetentionRule {
  /** The position in the setting, which starts at 1. */
  readonly number: number;
  /** The repositories to which the rule applies, if no earlier rule matches. */
  readonly on: readonly Pattern[];
  /** If undefined, the rule deletes no tag. */
  readonly keep: KeepConditions | undefined;
  /** After how many seconds a manifest without a tag is deleted. If undefined, such manifests stay. */
  readonly untagged: number | undefined;
}

/** Returns the rule that decides about a repository: the first that matches. Undefined if nothing may be deleted. */
export function ruleFor(rules: readonly RetentionRule[], repository: string): RetentionRule | undefined {
  return rules.find(({ on }) => on.some((pattern) => matches(pattern, repository)));
}
