/**
 * `planning`: the registry is being read. `failed`: there is no plan, `problem` says why. `planned`: nothing was deleted
 * yet. `applying`: the deletions have begun; if no process holds the lease, they were interrupted. `stopped`: an error
 * or a change ended the deletions, `problem` says which. `applied`: all deletions are done.
 */
export type PlanState = 'planning' | 'failed' | 'planned' | 'applying' | 'stopped' | 'applied';

/** A plan in the database. */
export interface StoredPlan {
  readonly id: string;
  /** In milliseconds since the epoch. */
  readonly createdAt: number;
  readonly state: PlanState;
  /** JSON. Null until the state is `planned`. */
  readonly content: string | null;
  /** JSON. Null if there is none. */
  readonly problem: string | null;
  /** How many of the deletions were begun. The last of them may not be done. */
  readonly begun: number;
}

export interface RetentionPlans {
  /** Adds a plan in the state `planning`. */
  add(id: string, createdAt: number): Promise<void>;
  find(id: string): Promise<StoredPlan | undefined>;
  /** Returns the plans whose deletions have begun, oldest first. */
  begun(): Promise<StoredPlan[]>;
  /** Changes the state of a plan, and sets the given members. Returns false if its state is not `from`. */
  setState(
    id: string,
    from: PlanState,
    to: PlanState,
    more?: Partial<Pick<StoredPlan, 'content' | 'problem'>>,
  ): Promise<boolean>;
  setBegun(id: string, begun: number): Promise<void>;
  /** Removes the plans that were created before this time, in milliseconds since the epoch. */
  removeBefore(createdAt: number): Promise<void>;
  /**
   * Takes or prolongs a lease. Returns false if another holder has it.
   * @param now in milliseconds since the epoch. A lease that ends at this time or earlier is free
   * @param until when the lease ends, in milliseconds since the epoch
   */
  takeLease(name: string, holder: string, now: number, until: number): Promise<boolean>;
  releaseLease(name: string, holder: string): Promise<void>;
}
