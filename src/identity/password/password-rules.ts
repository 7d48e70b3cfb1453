import { randomInt } from 'node:crypto';
import { DockpassError } from '../../errors.ts';
import { Secret } from '../../secret.ts';
import { reservedPrefix } from '../token/secret-token.ts';

/**
 * The largest length of a password, in bytes. A longer password would only cost time, and proxies limit the size of the
 * header that contains it.
 */
const maxBytes = 1024;

/**
 * Checks a password that a person chose.
 * @param minLength the smallest number of characters; even if this is 0, an empty password is not accepted
 * @throws DockpassError `bad_password`
 */
export function requirePasswordRules(password: Secret, minLength: number): void {
  const text = password.reveal();
  const length = [...text].length;
  const required = Math.max(minLength, 1);
  if (length < required) {
    throw new DockpassError(
      'bad_password',
      `the password has ${length} characters, but at least ${required} are required (passwords.minLength): choose a longer password, or use --generate to create one`,
    );
  }
  if (Buffer.byteLength(text) > maxBytes)
    throw new DockpassError(
      'bad_password',
      `the password is longer than ${maxBytes} bytes: choose a shorter password`,
    );
  if (/[\0-\x1f\x7f]/.test(text))
    throw new DockpassError(
      'bad_password',
      'the password contains a control character, which clients cannot send: choose another password',
    );
  if (text.includes('\uFFFD'))
    throw new DockpassError(
      'bad_password',
      'the password is not a text in UTF-8, so clients cannot send it: save it in this encoding, or choose another password',
    );
  const prefix = reservedPrefix(text);
  if (prefix !== undefined)
    throw new DockpassError(
      'bad_password',
      `the password begins with ${prefix}, which is reserved for the secrets that dockpass creates: choose another password`,
    );
}

/**
 * Returns a random password that needs no quotes in shells and YAML. It has 28 characters (about 160 bits), or
 * `minLength` characters if `minLength` is larger than 28.
 */
export function generatePassword(minLength: number): Secret {
  // This alphabet has no characters that look alike, such as 0 and O.
  const alphabet = 'abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
  return new Secret(
    Array.from({ length: Math.max(28, minLength) }, () => alphabet[randomInt(alphabet.length)]).join(''),
  );
}
