import type { Right } from '../policy/rights.ts';

/** Whoever asks. Anonymous is a value, never null, so that no check can forget it. */
export type Subject = AnonymousSubject | UserSubject;

export interface AnonymousSubject {
  readonly kind: 'anonymous';
}

export interface UserSubject {
  readonly kind: 'user';
  /** Canonical: lower case. */
  readonly name: string;
  /** An admin may list the catalog and remove what others pushed. */
  readonly admin: boolean;
  readonly rights: readonly Right[];
}

export const anonymous: AnonymousSubject = { kind: 'anonymous' };

/** The token's `sub` (RFC 7519 section 4.1.2): empty for anonymous, as distribution's own example server writes it. */
export function subjectClaim(subject: Subject): string {
  return subject.kind === 'anonymous' ? '' : subject.name;
}
