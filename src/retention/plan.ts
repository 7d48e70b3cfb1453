/**
 * One deletion of a plan. A deletion of a manifest with several tags has one entry for each of these tags, so that a
 * reader finds every tag that goes.
 */
export interface Deletion {
  readonly repository: string;
  /** Null for a manifest without a tag. */
  readonly tag: string | null;
  /** The digest of the manifest. */
  readonly digest: string;
  /**
   * What the registry is asked for.
   * - `manifest`: delete the manifest by its digest. Its tags go with it.
   * - `tag`: delete the tag alone. The manifest stays. Only distribution 3 can do this.
   * - `nothing`: the entry before deletes the manifest of this tag, and so this tag.
   */
  readonly request: 'manifest' | 'tag' | 'nothing';
  /** Why the image is not needed, as a sentence without a full stop. */
  readonly reason: string;
  /**
   * The bytes that garbage collection can free after this deletion and all earlier ones of the plan: the manifest, its
   * configuration and its layers, without what another manifest in the snapshots needs. Each blob counts once in a plan.
   */
  readonly size: number;
  /** The last pull by this tag or by this digest, in milliseconds since the epoch. Null if events reported none. */
  readonly lastPulledAt: number | null;
  /** Null for an anonymous client, and if there was no pull. */
  readonly lastPulledBy: string | null;
}

/** What retention rules delete. The same rules, snapshots and time always give the same deletions. */
export interface PlannedDeletions {
  /**
   * In the order in which they must be done. After any number of them, every tag that is left can be pulled completely.
   */
  readonly deletions: readonly Deletion[];
  /** Sentences for the reader of a plan: which rules delete nothing yet, and why. */
  readonly notes: readonly string[];
}

/** What a plan depends on, apart from rules and repositories. */
export interface PlanFacts {
  /** In milliseconds since the epoch. */
  readonly now: number;
  /** Since when events have been received, in milliseconds since the epoch. Undefined if none have been received. */
  readonly eventsSince: number | undefined;
}
