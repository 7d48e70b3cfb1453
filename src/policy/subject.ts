import type { Right } from './rights.ts';

/**
 * The sender of a request. A client without a login is also represented by a subject, and not by null, so that no check
 * can forget this case.
 */
export type Subject = AnonymousSubject | UserSubject | RobotSubject;

export interface AnonymousSubject {
  readonly kind: 'anonymous';
}

export interface UserSubject {
  readonly kind: 'user';
  /** The user name in its canonical form, which is in lower case. */
  readonly name: string;
  /** True if the user has the role `admin`. An admin can list the catalog and delete images that other users pushed. */
  readonly admin: boolean;
  readonly groups: readonly string[];
  readonly rights: readonly Right[];
  /** The rights that an access token is restricted to. Undefined if the login has no such restriction. */
  readonly only: readonly Right[] | undefined;
  /**
   * What the user logged in with, for example `access token`. `password` means a password whose hash is in the store,
   * not in an htpasswd file.
   */
  readonly through: string;
  /** True if the user logged in with an access token that the administration API accepts. */
  readonly api?: boolean | undefined;
}

/** An account for a machine. It has no password, and it has only the rights that it was created with. */
export interface RobotSubject {
  readonly kind: 'robot';
  readonly name: string;
  readonly rights: readonly Right[];
  /** True if the robot may use the administration API. */
  readonly api?: boolean;
}

export const anonymous: AnonymousSubject = { kind: 'anonymous' };

/**
 * Returns the claim `sub` of the token (RFC 7519 section 4.1.2). For an anonymous client, the claim is empty, as in the
 * example server of the distribution project.
 */
export function subjectClaim(subject: Subject): string {
  return subject.kind === 'anonymous' ? '' : subject.name;
}
