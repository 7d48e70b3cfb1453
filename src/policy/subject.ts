import type { Right } from './rights.ts';

/** Who sends a request. Anonymous is a value, never null, so that no check can forget it. */
export type Subject = AnonymousSubject | UserSubject | RobotSubject;

export interface AnonymousSubject {
  readonly kind: 'anonymous';
}

export interface UserSubject {
  readonly kind: 'user';
  /** Canonical: lower case. */
  readonly name: string;
  /** An admin may list the catalog and delete what others pushed. */
  readonly admin: boolean;
  readonly groups: readonly string[];
  readonly rights: readonly Right[];
  /** The rights that an access token is restricted to. Undefined if it is not restricted. */
  readonly only: readonly Right[] | undefined;
  /** How the login was proved, as the authenticator names it: `password` for a password in the store. */
  readonly through: string;
}

/** An account for a machine. It has no password, and only the rights that it was created with. */
export interface RobotSubject {
  readonly kind: 'robot';
  readonly name: string;
  readonly rights: readonly Right[];
}

export const anonymous: AnonymousSubject = { kind: 'anonymous' };

/**
 * Returns the claim `sub` of the token (RFC 7519 section 4.1.2). It is empty for anonymous, as in distribution's
 * own example server.
 */
export function subjectClaim(subject: Subject): string {
  return subject.kind === 'anonymous' ? '' : subject.name;
}
