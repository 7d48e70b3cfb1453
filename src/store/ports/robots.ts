import type { PageFilter } from './page.ts';
import type { OnlyRight } from './only-right.ts';
import type { Label } from './columns/label.ts';
import type { LastUse } from './last-use.ts';

export interface Robot extends Label {
  readonly name: string;
  readonly only: readonly OnlyRight[];
  readonly disabled: boolean;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUse: LastUse | null;
  /** True if the administration API accepts the secrets of the robot. Undefined if not. */
  readonly api?: boolean;
}

export interface RobotSecret {
  /** The SHA-256 hash of the secret, in hexadecimal. */
  readonly hash: string;
  readonly robot: string;
  readonly createdAt: number;
  /**
   * The time at which this secret expires because a newer secret has replaced it. Null for the newest secret, which
   * does not expire.
   */
  readonly expiresAt: number | null;
}

/** The properties of a robot that can be changed. A property that is undefined stays as it is. */
export interface RobotChange {
  readonly only?: readonly OnlyRight[] | undefined;
  readonly expiresAt?: number | undefined;
  /** An empty text removes the description. */
  readonly description?: string | undefined;
  /** An empty text removes the owner. */
  readonly owner?: string | undefined;
}

export interface Robots {
  find(name: string): Promise<Robot | undefined>;
  findBySecret(hash: string): Promise<{ robot: Robot; secret: RobotSecret } | undefined>;
  /** Returns one page of the robots, sorted by name. */
  page(filter: PageFilter): Promise<Robot[]>;
  list(): Promise<Robot[]>;
  add(robot: Robot, secret: RobotSecret): Promise<boolean>;
  /**
   * Adds a secret to a robot. The secret is valid at once. Each older secret of the robot expires at `oldUntil`, or
   * earlier if it already has an earlier expiry time. If `expiresAt` is given, it becomes the expiry time of the robot
   * itself.
   */
  rotate(secret: RobotSecret, oldUntil: number, expiresAt?: number): Promise<boolean>;
  update(name: string, change: RobotChange): Promise<boolean>;
  setDisabled(name: string, disabled: boolean): Promise<boolean>;
  remove(name: string): Promise<boolean>;
  /**
   * Stores when each robot was last used, and from which address. The keys of the map are robot names. This write does
   * not change the result of `Store.changes`.
   */
  used(uses: ReadonlyMap<string, LastUse>): Promise<void>;
}
