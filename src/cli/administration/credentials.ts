import type { NewAccessToken } from '../../admin/access-tokens.ts';
import type { NewRobot, RobotRotation, RobotSettings } from '../../admin/robots.ts';
import type { Secret } from '../../secret.ts';
import type { RobotView } from '../../admin/views/robot-view.ts';
import type { SessionView } from '../../admin/views/session-view.ts';
import type { TokenView } from '../../admin/views/token-view.ts';

export type TokenName = Pick<NewAccessToken, 'name' | 'user'>;

export interface TokenOperations {
  /** @throws DockpassError `no_such_user` */
  list(user: string | undefined): Promise<readonly TokenView[]>;
  /** @throws DockpassError `no_such_user`, `no_such_token` */
  find(token: TokenName): Promise<TokenName>;
  /** @throws DockpassError `bad_name`, `no_such_user`, `already_exists` */
  create(token: NewAccessToken): Promise<{ readonly token: TokenView; readonly secret: Secret }>;
  /** @returns the names as they were stored. @throws DockpassError `no_such_user`, `no_such_token` */
  revoke(token: TokenName): Promise<TokenName>;
}

/** A robot with its new secret. */
export interface RotatedRobot {
  readonly robot: RobotView;
  readonly secret: Secret;
}

export interface RobotOperations {
  list(): Promise<readonly RobotView[]>;
  /** @throws DockpassError `no_such_robot` */
  find(name: string): Promise<RobotView>;
  /** @throws DockpassError `bad_name`, `already_exists` */
  create(robot: Omit<NewRobot, 'htpasswd'>): Promise<RotatedRobot>;
  /** @throws DockpassError `no_such_robot`; `bad_usage` if there is nothing to change */
  set(name: string, settings: RobotSettings): Promise<RobotView>;
  /** @throws DockpassError `no_such_robot`; `bad_usage` if the robot has expired */
  rotate(name: string, rotation: RobotRotation): Promise<RotatedRobot & { readonly oldSecretsEnd: string }>;
  /**
   * Returns the names of the robots that `rotateAll` affects, and of those that have expired.
   * @param expiringWithin only robots that expire within this many seconds; undefined for all robots
   */
  planRotation(
    expiringWithin: number | undefined,
  ): Promise<{ readonly robots: readonly string[]; readonly expired: readonly string[] }>;
  /** Gives a new secret to each robot that `planRotation` names. */
  rotateAll(
    rotation: RobotRotation & { readonly expiringWithin: number | undefined },
  ): Promise<{ readonly rotated: readonly RotatedRobot[]; readonly oldSecretsEnd: string }>;
  /** @returns the name as it is stored. @throws DockpassError `no_such_robot` */
  disable(name: string): Promise<string>;
  /** @returns the name as it is stored. @throws DockpassError `no_such_robot` */
  enable(name: string): Promise<string>;
  /** @returns the name as it was stored. @throws DockpassError `no_such_robot` */
  remove(name: string): Promise<string>;
}

export interface SessionOperations {
  /** @throws DockpassError `no_such_user` */
  list(user: string | undefined): Promise<readonly SessionView[]>;
  /**
   * Checks that a session with this id and a user with this name exist. An undefined id or name is not checked.
   * @throws DockpassError `no_such_session`, `no_such_user`
   */
  require(which: { readonly id: string | undefined; readonly user: string | undefined }): Promise<void>;
  /** @throws DockpassError `no_such_session` */
  revoke(id: string): Promise<void>;
  /** @returns the number of sessions that were ended. @throws DockpassError `no_such_user` */
  revokeOf(user: string): Promise<number>;
  /** @returns the number of sessions that were ended */
  revokeAll(): Promise<number>;
}
