import { isAscii } from 'node:buffer';
import { DockpassError } from '../errors.ts';
import { noCredentials, type Credentials } from '../identity/credentials.ts';
import { reservedPrefix } from '../identity/token/secret-token.ts';
import { Secret } from '../secret.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads Basic credentials from an Authorization header (RFC 7617). If there is no header, the client is anonymous. If
 * there is a header that cannot be read, the login fails, and the client is not treated as anonymous. The user name
 * ends at the first colon, so the password may contain colons.
 * @throws DockpassError `wrong_credentials`
 */
export function basicCredentials(authorization: string | undefined): Credentials {
  return authorization === undefined ? noCredentials : passwordIn(readBasic(authorization));
}

/**
 * Reads the Basic credentials of a request for a token. In addition to a name and a password, they can be a refresh token
 * without a name. If a POST request with a refresh token is denied, containerd and docker 29 repeat it as a GET request
 * with this token in place of the password, and print the answer to the second request.
 * @throws DockpassError `wrong_credentials`
 */
export function basicTokenCredentials(authorization: string | undefined): Credentials {
  if (authorization === undefined) return noCredentials;
  const text = readBasic(authorization);
  return text.startsWith(':') && reservedPrefix(text.slice(1)) === 'dpi_'
    ? { kind: 'refresh token', token: new Secret(text.slice(1)) }
    : passwordIn(text);
}

function passwordIn(text: string): Credentials {
  const colon = text.indexOf(':');
  if (colon < 1) throw unreadableHeader();
  return { kind: 'password', name: text.slice(0, colon), password: new Secret(text.slice(colon + 1)) };
}

/** Returns the decoded text of a header with Basic credentials. It may have no colon. */
function readBasic(authorization: string): string {
  const scheme = /^basic +/i.exec(authorization)?.[0];
  if (scheme === undefined) throw unreadableHeader();
  const text = decodeBase64(authorization.slice(scheme.length));
  if (hasControlCharacter(text)) throw unreadableHeader();
  return text;
}

/**
 * JSON escapes control characters except DEL, quotation marks and backslashes. To find out whether it escapes anything
 * takes a quarter of the time of the pattern for a JWT in place of a password. If it does, the pattern decides.
 */
function hasControlCharacter(text: string): boolean {
  const isPlain = JSON.stringify(text).length === text.length + 2 && !text.includes('\x7f');
  return !isPlain && /[\0-\x1f\x7f]/.test(text);
}

/**
 * Decodes base64 (RFC 4648 section 4), with or without padding. `Buffer` ignores other characters. For a JWT in place of
 * a password, to compare the length of the result takes a sixth of the time of the pattern, which decides about texts
 * in another form.
 */
function decodeBase64(encoded: string): string {
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.length !== lengthOfBase64(encoded) && !/^[A-Za-z0-9+/]+={0,2} *$/.test(encoded))
    throw unreadableHeader();
  if (isAscii(bytes)) return bytes.toString('latin1');
  try {
    return utf8.decode(bytes);
  } catch {
    throw unreadableHeader();
  }
}

/**
 * Returns the number of bytes that base64 encodes: 3 for 4 characters. If the text has a character which is not base64,
 * fewer bytes are decoded. Undefined if that is not certain: for base64url, which `Buffer` also decodes, and for a last
 * group of one character, which encodes no byte.
 */
function lengthOfBase64(encoded: string): number | undefined {
  const padding = encoded.endsWith('==') ? 2 : encoded.endsWith('=') ? 1 : 0;
  const characters = encoded.length - padding;
  if (characters % 4 === 1 || encoded.includes('-') || encoded.includes('_')) return undefined;
  return Math.floor((characters * 3) / 4);
}

function unreadableHeader(): DockpassError {
  return new DockpassError(
    'wrong_credentials',
    'the Authorization header does not contain a user name and a password (RFC 7617). Log in again.',
  );
}
