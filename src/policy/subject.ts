import type { Right } from './rights.ts';

/** Whoever asks. Anonymous is a value, never null, so that no check can forget it. */
export type Subject = AnonymousSubject | UserSubject | RobotSubject;

export interface AnonymousSubject {
  readonly kind: 'anonymous';
}

export interface UserSubject {
  readonly kind: 'user';
  /** Canonical: lower case. */
  readonly name: string;
  /** An admin may list the catalog and remove what others pushed. */
  readonly admin: boolean;
  readonly groups: readonly string[];
  readonly rights: readonly Right[];
  /** What an access token is kept to, whatever its user holds; undefined where nothing narrows. */
  readonly only: readonly Right[] | undefined;
  /** How the login was proved, in the words of the authenticator: `password` for a password in the store. */
  readonly through: string;
}

/** A machine. Has no password, and holds what it was made with. */
export interface RobotSubject {
  readonly kind: 'robot';
  readonly name: string;
  readonly rights: readonly Right[];
}

export const anonymous: AnonymousSubject = { kind: 'anonymous' };

/** The token's `sub` (RFC 7519 section 4.1.2): empty for anonymous, as distribution's own example server writes it. */
export function subjectClaim(subject: Subject): string {
  return subject.kind === 'anonymous' ? '' : subject.name;
}
