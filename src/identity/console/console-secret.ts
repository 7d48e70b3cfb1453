import { hash, randomBytes } from 'node:crypto';
import { Secret } from '../../secret.ts';

/** The name of the cookie. Browsers accept this prefix only from the same host, with Secure and Path=/ (RFC 6265bis). */
export const consoleCookie = '__Host-dockpass';

/** 32 random bytes are 256 bits, which are 43 characters in base64url. */
const secretBytes = 32;
const grammar = /^[A-Za-z0-9_-]{43}$/;

/** Creates the secret of a session, which only the cookie contains, and its hash, which the store contains. */
export function createConsoleSecret(): { text: Secret; hash: string } {
  const text = randomBytes(secretBytes).toString('base64url');
  return { text: new Secret(text), hash: hash('sha256', text, 'hex') };
}

/** Returns the hash of the secret in a cookie, or undefined if the text cannot be such a secret. */
export function hashOfConsoleSecret(text: string): string | undefined {
  return grammar.test(text) ? hash('sha256', text, 'hex') : undefined;
}
