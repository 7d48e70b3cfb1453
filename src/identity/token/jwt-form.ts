/**
 * Returns true if the text can be a JWT in JWS compact serialization (RFC 7515 section 7.1): three parts, of which the
 * first is a JSON object in base64url. The last part can be empty, as in a JWT without a signature, so that such a JWT
 * is rejected as a JWT. The characters are not checked here, because a pattern takes several microseconds for each login.
 */
export function looksLikeJwt(text: string): boolean {
  if (!text.startsWith('eyJ')) return false;
  const first = text.indexOf('.');
  const last = text.lastIndexOf('.');
  return first + 1 < last && text.indexOf('.', first + 1) === last;
}
