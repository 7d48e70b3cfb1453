/** What a rule matches: the number of names, and the first of them. */
export interface Matches {
  readonly count: number;
  readonly names: readonly string[];
}

/** A rule of the configuration, as `GET /rules` describes it. */
export interface Rule {
  /** The position in the configuration, from 1. */
  readonly number: number;
  readonly text: string;
  readonly effect: 'allow' | 'deny';
  readonly actions: readonly string[];
  readonly to: readonly string[];
  readonly on: readonly string[];
  readonly realm: 'public' | 'private' | null;
  readonly from: readonly string[] | null;
  /** Why the rule never has an effect. */
  readonly unused: string | null;
  readonly unusedPatterns: readonly string[];
  readonly subjects: Matches;
  readonly repositories: Matches;
}

/** Subjects whose access to the same repositories changes in the same way. */
export interface AccessChange {
  readonly subjects: readonly { readonly kind: string; readonly name: string }[];
  readonly domain: 'public' | 'private';
  /** If `patterns` is not empty, the repository is an example for these patterns. */
  readonly repositories: readonly { readonly repository: string; readonly patterns: readonly string[] }[];
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly gained: readonly string[];
  readonly lost: readonly string[];
  readonly by: readonly string[];
  readonly from: readonly (readonly string[])[] | null;
}

export interface RulesPreview {
  readonly changes: readonly AccessChange[];
  readonly removed: readonly string[];
  readonly added: readonly string[];
  readonly warnings: readonly string[];
  readonly subjectCount: number;
  readonly repositoryCount: number;
  /** Why changes may be missing. */
  readonly cut: readonly string[];
}
