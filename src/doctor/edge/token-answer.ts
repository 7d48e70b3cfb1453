import type { AccessEntry } from '../../token/claims.ts';
import type { HttpAnswer } from '../network/http-request.ts';

/** The token in an answer of /auth/token; an empty string if the answer has no token. */
export function tokenIn({ body }: HttpAnswer): string {
  return /"token":"([^"]+)"/.exec(body)?.[1] ?? '';
}

export interface SeenClaims {
  readonly iss?: string;
  readonly aud?: string;
  readonly access?: readonly AccessEntry[];
}

/** Reads the claims of a token without verifying the signature of the token, because the registry verifies it. */
export function claimsIn(token: string): SeenClaims {
  try {
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as SeenClaims;
  } catch {
    return {};
  }
}
