/** A pull of an image, as events reported it. */
export interface Pull {
  /** In milliseconds since the epoch. */
  readonly at: number;
  /** The user, robot or `ci:NAME`. Null for an anonymous client. */
  readonly by: string | null;
}

/** The last push of a tag that events reported. */
export interface ReportedPush {
  /** In milliseconds since the epoch. */
  readonly at: number;
  /** The digest that was pushed. If it is not the digest of the tag, a later push was not reported. */
  readonly digest: string;
}

export interface TagSnapshot {
  readonly name: string;
  /** The digest to which the registry resolves the tag. */
  readonly digest: string;
  /** Undefined if no event reported a push of this tag. */
  readonly lastPush: ReportedPush | undefined;
  /** The last pull by this tag, under any domain. Undefined if events reported none. */
  readonly lastPull: Pull | undefined;
}

/** A configuration or a layer of an image. */
export interface Blob {
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
}

export interface ManifestSnapshot {
  readonly digest: string;
  readonly mediaType: string;
  /** The size of the manifest itself, in bytes. */
  readonly size: number;
  /** The configuration and the layers. Empty for an index. */
  readonly blobs: readonly Blob[];
  /** The digests of the manifests in an index. Empty for other manifests. Some may not be in the repository. */
  readonly children: readonly string[];
  /** The digest of the manifest to which this one refers (OCI image specification, "subject"). */
  readonly subject: string | undefined;
  /** When the manifest was pushed by digest the last time, in milliseconds since the epoch. Undefined if never. */
  readonly lastPushAt: number | undefined;
  /** The last pull by digest, including fetches as part of an index. Undefined if events reported none. */
  readonly lastPull: Pull | undefined;
  /**
   * When the manifest lost its last tag, in milliseconds since the epoch. If it is known only that it had a tag, this is
   * the time when it was first seen without one. Undefined if it has a tag, or never had one.
   */
  readonly lostLastTagAt: number | undefined;
  /** True if any event named this digest in this repository. */
  readonly isNamedByEvents: boolean;
}

/**
 * What is known about one repository at one moment. It must be complete: if a tag list is short or a manifest cannot be
 * read, there is no snapshot, and nothing is planned.
 */
export interface RepositorySnapshot {
  readonly repository: string;
  /**
   * True if the registry can delete one tag and keep its manifest (distribution 3). False if a deletion always removes
   * the manifest with all its tags (distribution 2.8).
   */
  readonly deletesSingleTags: boolean;
  /** All tags. The manifest of each is in `manifests`. */
  readonly tags: readonly TagSnapshot[];
  /**
   * The manifests that exist: those of the tags, those that events named, those that earlier plans left, those whose
   * digest is in the name of a subject tag, and all children and subjects of these. A registry cannot list others.
   */
  readonly manifests: readonly ManifestSnapshot[];
  /** The digests that earlier plans deleted in this repository. What refers to them can go too. */
  readonly deletedByPlans: ReadonlySet<string>;
  /**
   * The digests that an earlier plan should have deleted, but that it did not reach, because it was interrupted. If
   * nothing needs them any more, the next plan deletes them.
   */
  readonly leftByPlans: ReadonlySet<string>;
}
