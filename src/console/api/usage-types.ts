// The answers of the routes about usage. Times are RFC 3339 in UTC.

/** How an image, or a tag of it, was used. */
export interface UsageCounts {
  readonly pulls: number;
  readonly lastPulledAt: string | null;
  /** Null for an anonymous client. */
  readonly lastPulledBy: string | null;
  readonly pushes: number;
  readonly lastPushedAt: string | null;
  readonly lastPushedBy: string | null;
}

/** An image that was used under the public domains or under the private ones. */
export interface UsageItem extends UsageCounts {
  /** `REPO:TAG`, or `REPO@DIGEST` if it was used without a tag. */
  readonly name: string;
  readonly repository: string;
  readonly tag: string | null;
  readonly digest: string | null;
  readonly domain: 'public' | 'private';
}

/** A tag that no one needs, as far as events show it. */
export interface UnusedItem extends UsageCounts {
  readonly name: string;
  readonly repository: string;
  readonly tag: string;
}

export interface UsageDay {
  /** The day in UTC, such as `2026-11-29`. */
  readonly day: string;
  readonly pulls: number;
  readonly pushes: number;
}
