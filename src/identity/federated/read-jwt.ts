import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { KeyHeader } from './keys/verification-keys.ts';
import { invalidJwt, type InvalidJwt } from './verification.ts';

/** The maximum length of a JWT, in characters. JWTs of CI platforms have 1,500 to 3,000. */
export const maxJwtLength = 16 * 1024;

/** What a JWT says about itself. Nothing of it is verified. */
export interface UnverifiedJwt {
  readonly text: string;
  readonly header: KeyHeader;
  readonly issuer: string;
}

const compactForm = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/;

/**
 * Reads the header and the issuer of a JWT in compact form (RFC 7515 section 7.1), to find the keys that can verify it.
 * Header members that name a key or where to get it (`jwk`, `jku`, `x5c`, `x5u`) are not read at all, and jose rejects
 * every extension (`crit`).
 */
export function readJwt(text: string): UnverifiedJwt | InvalidJwt {
  if (text.length > maxJwtLength) return malformed(`it has more than ${maxJwtLength} characters`);
  const signature = compactForm.exec(text)?.[3];
  if (signature === undefined) return malformed('it does not consist of three parts in base64url');
  // Several texts can stand for the same bytes, because the last character has unused bits. Only one of them counts, so
  // that a JWT cannot be changed at all.
  if (Buffer.from(signature, 'base64url').toString('base64url') !== signature)
    return malformed('its signature is not in base64url');
  try {
    const { alg, kid } = decodeProtectedHeader(text);
    const { iss: issuer } = decodeJwt(text);
    if (typeof alg !== 'string') return malformed('its header names no algorithm (`alg`)');
    if (kid !== undefined && typeof kid !== 'string') return malformed('its `kid` is not a text');
    if (typeof issuer !== 'string') return invalidJwt('missing claim', 'It names no issuer (`iss`).');
    return { text, header: { alg, kid }, issuer };
  } catch {
    return malformed('its header or its claims are not a JSON object');
  }
}

function malformed(reason: string): InvalidJwt {
  return invalidJwt('malformed', `It is not a JWT that dockpass reads: ${reason}.`);
}
