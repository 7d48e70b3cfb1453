/** A trust rule in the database. */
export interface StoredTrustRule extends NewStoredTrustRule {
  /** Rules are tried in the order of their positions. A new rule gets the highest one. */
  readonly position: number;
}

export interface NewStoredTrustRule {
  readonly name: string;
  /** What an entry of `trust` in dockpass.yml has, without the name. */
  readonly definition: TrustDefinition;
  /**
   * The names of the claims whose values `trust confirm` takes from the first JWT. If there are any, the rule waits for
   * this confirmation and grants nothing.
   */
  readonly pins: readonly string[];
  /** The JWTs that matched the rule while it waited. Null if there was none yet. */
  readonly candidate: TrustCandidate | null;
  readonly createdAt: number;
}

/** A definition that was valid when it was stored. It is parsed again when it is read. */
export type TrustDefinition = Readonly<Record<string, unknown>>;

/** A JWT that matched a waiting rule. */
export interface SeenJwt {
  /** The claims that tell a person where the JWT comes from. A JWT can have more. */
  readonly claims: Readonly<Record<string, unknown>>;
  readonly seenAt: number;
  /** The IP address of the client. */
  readonly address: string;
}

/** The first JWT that matched a waiting rule. `trust confirm` takes the values of the pins from it. */
export interface TrustCandidate extends SeenJwt {
  /** The first later JWT that has other values of the pins. Undefined if there was none. */
  readonly other?: SeenJwt;
}

export interface TrustRules {
  find(name: string): Promise<StoredTrustRule | undefined>;
  /** Returns all rules, in the order in which they were added. */
  list(): Promise<StoredTrustRule[]>;
  /**
   * Adds a rule after all others. Call this method within `Store.change`, so that two rules do not get the same place.
   * @returns false if there is a rule with this name
   */
  add(rule: NewStoredTrustRule): Promise<boolean>;
  /**
   * Ends the waiting of a rule: stores the definition with the confirmed values, and removes the pins and the
   * candidate.
   * @returns false if there is no such rule
   */
  confirm(name: string, definition: TrustDefinition): Promise<boolean>;
  /**
   * Stores which JWTs matched a waiting rule. This write does not change the result of `Store.changes`.
   * @returns false if there is no such rule
   */
  setCandidate(name: string, candidate: TrustCandidate): Promise<boolean>;
  /** @returns false if there is no such rule */
  remove(name: string): Promise<boolean>;
}
