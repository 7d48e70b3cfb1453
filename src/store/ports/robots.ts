import type { OnlyRight } from './only-right.ts';
import type { LastUse } from './last-use.ts';

export interface Robot {
  readonly name: string;
  readonly only: readonly OnlyRight[];
  readonly disabled: boolean;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUse: LastUse | null;
}

export interface RobotSecret {
  /** The SHA-256 hash of the secret, in hexadecimal. */
  readonly hash: string;
  readonly robot: string;
  readonly createdAt: number;
  /**
   * The time at which this secret expires because a rotation has replaced it. Null for the newest secret, which was not
   * replaced.
   */
  readonly expiresAt: number | null;
}

export interface Robots {
  find(name: string): Promise<Robot | undefined>;
  findBySecret(hash: string): Promise<{ robot: Robot; secret: RobotSecret } | undefined>;
  list(): Promise<Robot[]>;
  add(robot: Robot, secret: RobotSecret): Promise<boolean>;
  /**
   * Adds a secret to a robot. The secret is valid at once. Each older secret of the robot expires at `oldUntil`, unless
   * it expires earlier. If `expiresAt` is given, the robot itself expires at this time.
   */
  rotate(secret: RobotSecret, oldUntil: number, expiresAt?: number): Promise<boolean>;
  setDisabled(name: string, disabled: boolean): Promise<boolean>;
  remove(name: string): Promise<boolean>;
  /**
   * Stores the time of the last use of each robot. The keys of the map are robot names. `Store.changes` does not count
   * this write.
   */
  used(uses: ReadonlyMap<string, LastUse>): Promise<void>;
}
