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
  /** SHA-256 of the secret, hexadecimal. */
  readonly hash: string;
  readonly robot: string;
  readonly createdAt: number;
  /** When the overlap of a rotation ends. Null for the newest secret. */
  readonly expiresAt: number | null;
}

export interface Robots {
  find(name: string): Promise<Robot | undefined>;
  findBySecret(hash: string): Promise<{ robot: Robot; secret: RobotSecret } | undefined>;
  list(): Promise<Robot[]>;
  add(robot: Robot, secret: RobotSecret): Promise<boolean>;
  /**
   * The new secret is valid at once. Older ones expire at `oldUntil` at the latest. If given, `expiresAt` changes
   * when the robot itself expires.
   */
  rotate(secret: RobotSecret, oldUntil: number, expiresAt?: number): Promise<boolean>;
  setDisabled(name: string, disabled: boolean): Promise<boolean>;
  remove(name: string): Promise<boolean>;
  /** Records when robots were last used, by name. Does not count as a change. */
  used(uses: ReadonlyMap<string, LastUse>): Promise<void>;
}
