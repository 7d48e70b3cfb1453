/** The right of one push to write a tag. While it is valid, no other push can claim the tag. */
export interface TagClaim {
  readonly repository: string;
  readonly tag: string;
  /** A random text that identifies the push. */
  readonly holder: string;
}

/**
 * The claims for tags that are being pushed. All servers that share the database see them. The database's own clock
 * decides when a claim ends, because the clocks of the servers can differ.
 */
export interface TagClaims {
  /**
   * Claims a tag for `lease` milliseconds.
   * @returns false if another push has a valid claim
   */
  take(claim: TagClaim, lease: number): Promise<boolean>;
  /**
   * Extends a claim, so that it is valid for `lease` milliseconds from now on.
   * @returns false if another push has taken the tag in the meantime
   */
  renew(claim: TagClaim, lease: number): Promise<boolean>;
  /** Ends a claim. Does nothing if another push has taken the tag in the meantime. */
  release(claim: TagClaim): Promise<void>;
}
