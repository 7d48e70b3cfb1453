import type { Secret } from '../secret.ts';

/** What a request brings to say who it is. Read once from HTTP; nothing later sees a header. */
export type Credentials = NoCredentials | PasswordCredentials | RefreshTokenCredentials;

export interface NoCredentials {
  readonly kind: 'none';
}

/** A name with whatever goes where a password goes. */
export interface PasswordCredentials {
  readonly kind: 'password';
  /** As sent; see user-name.ts for its canonical form. */
  readonly name: string;
  readonly password: Secret;
}

/** Docker's identity token, in place of a name and a password. */
export interface RefreshTokenCredentials {
  readonly kind: 'refresh token';
  readonly token: Secret;
}

export const noCredentials: NoCredentials = { kind: 'none' };
