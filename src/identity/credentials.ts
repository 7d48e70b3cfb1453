import type { Secret } from '../secret.ts';

/**
 * The credentials with which the sender of a request proves its identity. The HTTP layer reads them from the headers
 * and from the form in the request body.
 */
export type Credentials =
  NoCredentials | PasswordCredentials | RefreshTokenCredentials | SubjectTokenCredentials;

export interface NoCredentials {
  readonly kind: 'none';
}

/** A name and a password. The password can also be an access token, the secret of a robot or a JWT of a CI platform. */
export interface PasswordCredentials {
  readonly kind: 'password';
  /** The name as the client sent it. `toCanonicalName` in user-name.ts returns the canonical form. */
  readonly name: string;
  readonly password: Secret;
}

/**
 * A refresh token, which Docker calls an identity token. The client sends only the token, without a name and a
 * password.
 */
export interface RefreshTokenCredentials {
  readonly kind: 'refresh token';
  readonly token: Secret;
}

/** A JWT of a CI platform that a client exchanges for a registry token (RFC 8693). */
export interface SubjectTokenCredentials {
  readonly kind: 'subject token';
  readonly token: Secret;
}

export const noCredentials: NoCredentials = { kind: 'none' };
