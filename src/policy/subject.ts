import type { Right } from './rights.ts';

/**
 * The sender of a request. A client without a login is also represented by a subject, and not by null, so that no check
 * can forget this case.
 */
export type Subject = AnonymousSubject | UserSubject | RobotSubject | FederatedSubject;

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
  /** The name of the access token with which the user logged in. */
  readonly tokenName?: string;
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

/**
 * A job or a pod that has logged in with a JWT of its platform (the setting `trust`). A trust rule gives it its rights.
 */
export interface FederatedSubject {
  readonly kind: 'ci';
  /**
   * The name of the trust rule, without the prefix `ci:`. The names of trust rules are separate from the names of users
   * and robots.
   */
  readonly name: string;
  /** The rights that the trust rule gives. They are also the upper limit: an allow rule does not extend them. */
  readonly rights: readonly Right[];
  /** `refresh token` if the subject comes from a session that began with a JWT. */
  readonly through: 'JWT' | 'refresh token';
  /** Identifies the text of the trust rule. If the rule is changed, its new version is another one. */
  readonly ruleVersion?: string;
  /** Which job or pod it was, for the audit log. Undefined if the JWT does not say. */
  readonly job?: string;
  /** What a session needs. Undefined if the subject comes from a session. */
  readonly login?: FederatedLogin;
}

/** The verified JWT with which a federated subject has logged in. */
export interface FederatedLogin {
  readonly claims: Readonly<Record<string, unknown>>;
  /** The key sets that verify the JWT, see `keySourceOf` in src/trust/trust-rule.ts. */
  readonly sources: readonly string[];
  /** The claim `exp` of the JWT, in seconds since the epoch. */
  readonly expiresAt: number;
}

export const anonymous: AnonymousSubject = { kind: 'anonymous' };

/**
 * Returns the claim `sub` of the token (RFC 7519 section 4.1.2). For an anonymous client, the claim is empty, as in the
 * example server of the distribution project. A federated subject is `ci:NAME`. No user or robot can have such a name,
 * because these names cannot contain a colon.
 */
export function subjectClaim(subject: Subject): string {
  if (subject.kind === 'anonymous') return '';
  return subject.kind === 'ci' ? `ci:${subject.name}` : subject.name;
}
