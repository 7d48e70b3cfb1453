import type { Secret } from '../../secret.ts';
import type { Claims } from '../../trust/claims.ts';

/** Returns true if a text has the form of a JWT: three parts in base64url, separated by dots (RFC 7515 section 7.1). */
export function isJwtForm(text: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text);
}

export const jwtFormWanted = 'a JWT has three parts of letters, digits, - and _, separated by dots';

/** The longest JWT whose claims are shown. */
const maxLength = 64 * 1024;

/**
 * Reads the claims of a JWT without verifying it (RFC 7519 section 7.2). Show them only to the administrator who sent
 * the JWT, and never use them for a decision. Returns undefined if the text is not a JWT.
 */
export function decodeClaims(jwt: Secret): Claims | undefined {
  const text = jwt.reveal();
  const [, payload = '', signature] = text.split('.', 3);
  if (signature === undefined || text.length > maxLength) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return typeof claims === 'object' && claims !== null && !Array.isArray(claims)
      ? (claims as Claims)
      : undefined;
  } catch {
    return undefined;
  }
}
