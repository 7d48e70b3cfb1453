import type { AccessEntry } from '../../token/claims.ts';
import type { HttpAnswer } from '../network/http-request.ts';

/** Returns the token in an answer of /auth/token, or an empty string if the answer has no token. */
export function tokenIn({ body }: HttpAnswer): string {
  return /"token":"([^"]+)"/.exec(body)?.[1] ?? '';
}

export interface SeenClaims {
  readonly iss?: string;
  readonly aud?: string;
  readonly access?: readonly AccessEntry[];
}

/**
 * Reads the claims of a token without verifying the signature, because verifying the signature is the registry's task.
 */
export function claimsIn(token: string): SeenClaims {
  try {
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as SeenClaims;
  } catch {
    return {};
  }
}
