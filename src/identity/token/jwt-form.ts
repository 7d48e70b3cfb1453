/** How each JWT begins: the start of a JSON object in base64url. */
export const jwtStart = 'eyJ';

/**
 * Returns true if the text is in JWS compact serialization (RFC 7515 section 7.1): three parts in base64url, of which
 * the first is a JSON object. The last part can be empty, as in a JWT without a signature, so that such a JWT is
 * rejected as a JWT.
 */
export function looksLikeJwt(text: string): boolean {
  return text.startsWith(jwtStart) && /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/.test(text);
}
