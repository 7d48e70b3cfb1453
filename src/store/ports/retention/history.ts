/** Times are in milliseconds since the epoch. */
interface Use {
  readonly at: number;
  /** Empty for an anonymous client. */
  readonly by: string;
}

/** What events and lists say about one tag. */
export interface TagHistory {
  readonly name: string;
  /** The newest push that an event reported. Undefined if there is none, or if the tag was deleted after it. */
  readonly push: { readonly at: number; readonly digest: string } | undefined;
  readonly lastPull: Use | undefined;
  /**
   * The digest in the newest event or list that named the tag. Undefined if the newest event deleted the tag, or if the
   * registry no longer had it.
   */
  readonly digest: string | undefined;
}

/** What events and lists say about one manifest. Manifests that were deleted since are left out. */
export interface ManifestHistory {
  readonly digest: string;
  /** False if only a list of tags named the manifest. */
  readonly isNamedByEvents: boolean;
  /** The newest push without a tag. */
  readonly pushedAt: number | undefined;
  /** The newest pull by digest. */
  readonly lastPull: Use | undefined;
  /** The newest time at which a tag stopped to point to the manifest. Undefined if no such time is known. */
  readonly untaggedAt: number | undefined;
}

export interface RepositoryHistory {
  readonly tags: readonly TagHistory[];
  readonly manifests: readonly ManifestHistory[];
}

/** What the registry was found to contain at one time. */
export interface ObservedRepository {
  readonly tags: readonly { readonly name: string; readonly digest: string }[];
  /** Tags of the history that the registry does not have. */
  readonly missingTags: readonly string[];
  /** Manifests that have lost their last tag since the last event or list, without an event that says when. */
  readonly untagged: readonly string[];
  /** Manifests of the history that the registry does not have. */
  readonly missingManifests: readonly string[];
}

export interface UsageTimes {
  /** When the first event arrived. */
  readonly firstReceivedAt: number | undefined;
  /** The latest time at which an event happened or arrived. */
  readonly newestEventAt: number | undefined;
}
