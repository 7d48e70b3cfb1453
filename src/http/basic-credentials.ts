import { DockpassError } from '../errors.ts';
import { noCredentials, type Credentials } from '../identity/credentials.ts';
import { Secret } from '../secret.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads Basic credentials from an Authorization header (RFC 7617). If there is no header, the client is anonymous. If
 * there is a header that cannot be read, the login fails, and the client is not treated as anonymous. The user name
 * ends at the first colon, so the password may contain colons.
 * @throws DockpassError `wrong_credentials`
 */
export function basicCredentials(authorization: string | undefined): Credentials {
  if (authorization === undefined) return noCredentials;
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(authorization)?.[1];
  if (encoded === undefined) throw unreadableHeader();
  const text = decodeBase64(encoded);
  const colon = text.indexOf(':');
  if (colon < 1 || /[\0-\x1f\x7f]/.test(text)) throw unreadableHeader();
  return { kind: 'password', name: text.slice(0, colon), password: new Secret(text.slice(colon + 1)) };
}

function decodeBase64(encoded: string): string {
  try {
    return utf8.decode(Buffer.from(encoded, 'base64'));
  } catch {
    throw unreadableHeader();
  }
}

function unreadableHeader(): DockpassError {
  return new DockpassError(
    'wrong_credentials',
    'the Authorization header does not contain a user name and a password (RFC 7617). Log in again.',
  );
}
