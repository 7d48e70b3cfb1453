// The answers of the routes about retention. Times are RFC 3339 in UTC, sizes are in bytes.

export interface RetentionRule {
  /** The position in the configuration, from 1. */
  readonly number: number;
  readonly on: readonly string[];
  /** Null if the rule deletes no tag. Durations are written as `30d`. */
  readonly keep: {
    readonly newest: number | null;
    readonly pulledWithin: string | null;
    readonly pushedWithin: string | null;
    readonly tags: readonly string[];
  } | null;
  /** After which time a manifest without a tag is deleted. */
  readonly untagged: string | null;
}

export interface Retention {
  readonly rules: readonly RetentionRule[];
  readonly schedule: { readonly at: string; readonly apply: boolean } | null;
}

export interface Deletion {
  readonly repository: string;
  /** Null for a manifest without a tag. */
  readonly tag: string | null;
  readonly digest: string;
  readonly reason: string;
  readonly size: number;
  readonly lastPulledAt: string | null;
  readonly lastPulledBy: string | null;
}

export interface RetentionPlan {
  readonly id: string;
  readonly state: 'planning' | 'planned' | 'failed' | 'applying' | 'stopped' | 'applied';
  readonly createdAt: string;
  /** How many deletions were begun. */
  readonly begun: number;
  readonly problem: { readonly code: string; readonly detail: string } | null;
  /** Rules that delete nothing yet, and why. */
  readonly notes: readonly string[];
  readonly deletions: readonly Deletion[];
}
