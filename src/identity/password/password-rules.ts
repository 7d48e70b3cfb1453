import { randomInt } from 'node:crypto';
import { DockpassError } from '../../errors.ts';
import { Secret } from '../../secret.ts';

/** Bytes. A longer password would only cost time, and proxies limit the size of the header that carries it. */
const maxBytes = 1024;

/**
 * Checks a password that somebody chose.
 * @param minLength characters that it must have at least; an empty password is never accepted
 * @throws DockpassError `bad_password`
 */
export function requirePasswordRules(password: Secret, minLength: number): void {
  const text = password.reveal();
  const length = [...text].length;
  const required = Math.max(minLength, 1);
  if (length < required) {
    throw new DockpassError(
      'bad_password',
      `the password has ${length} characters, it needs ${required} (passwords.minLength): choose a longer one, or let --generate create one`,
    );
  }
  if (Buffer.byteLength(text) > maxBytes)
    throw new DockpassError(
      'bad_password',
      `the password is longer than ${maxBytes} bytes: choose a shorter one`,
    );
  if (/[\0-\x1f\x7f]/.test(text))
    throw new DockpassError(
      'bad_password',
      'the password contains a control character, which clients cannot send: choose another one',
    );
}

/** A password of 28 random characters (about 160 bits) that need no quoting in shells and YAML. */
export function generatePassword(): Secret {
  // Without characters that look alike, such as 0 and O.
  const alphabet = 'abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
  return new Secret(Array.from({ length: 28 }, () => alphabet[randomInt(alphabet.length)]).join(''));
}
