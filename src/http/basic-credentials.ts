import { DockpassError } from '../errors.ts';
import { noCredentials, type Credentials } from '../identity/credentials.ts';
import { Secret } from '../secret.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads an Authorization header (RFC 7617). No header is no credentials; a header that cannot be read is a failed
 * login, never anonymous. The password may hold colons.
 * @throws DockpassError `wrong_credentials`
 */
export function basicCredentials(authorization: string | undefined): Credentials {
  if (authorization === undefined) return noCredentials;
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(authorization)?.[1];
  if (encoded === undefined) throw unreadable();
  const text = decode(encoded);
  const colon = text.indexOf(':');
  if (colon < 1 || /[\0-\x1f\x7f]/.test(text)) throw unreadable();
  return { kind: 'password', name: text.slice(0, colon), password: new Secret(text.slice(colon + 1)) };
}

function decode(encoded: string): string {
  try {
    return utf8.decode(Buffer.from(encoded, 'base64'));
  } catch {
    throw unreadable();
  }
}

function unreadable(): DockpassError {
  return new DockpassError(
    'wrong_credentials',
    'the Authorization header is not a user name and a password (RFC 7617); log in again',
  );
}
