import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Secret } from '../../secret.ts';

/**
 * The prefixes of the secrets that dockpass creates. `dpp_` marks a personal access token, `dpr_` the secret of a
 * robot, and `dpi_` a refresh token (Docker: identity token).
 *
 * A secret consists of the prefix, random bytes in base62, and a checksum. People and secret scanners recognize a
 * secret by the prefix. Base62 has no punctuation, so a double click selects the whole secret.
 */
export const tokenPrefixes = ['dpp_', 'dpr_', 'dpi_'] as const;
export type TokenPrefix = (typeof tokenPrefixes)[number];

/**
 * The prefix and the hash of a secret token. The store finds the token by the hash and does not know the text of the
 * token.
 */
export interface SecretToken {
  readonly prefix: TokenPrefix;
  /** The SHA-256 of the whole text, in hexadecimal. A fast hash is safe, because the token is random and long. */
  readonly hash: string;
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const grammar = new RegExp(`^(${tokenPrefixes.join('|')})([0-9A-Za-z]{20,64})([0-9A-Za-z]{6})$`);

/**
 * Returns the prefix with which the text begins, or undefined if it begins with none. dockpass never checks a text with
 * the prefix `dpp_` or `dpr_` as a password.
 */
export function reservedPrefix(text: string): TokenPrefix | undefined {
  return tokenPrefixes.find((prefix) => text.startsWith(prefix));
}

/** Creates a random secret token. @param byteCount the number of random bytes, for example 20 for 160 bits */
export function createSecretToken(
  prefix: TokenPrefix,
  byteCount: number,
): { text: Secret; token: SecretToken } {
  const text = formatSecretToken(prefix, randomBytes(byteCount));
  return { text: new Secret(text), token: { prefix, hash: hashOf(text) } };
}

/**
 * Returns the text of a secret token: the prefix, the bytes in base62, and the checksum. The length of the text depends
 * only on the prefix and the number of bytes.
 */
export function formatSecretToken(prefix: TokenPrefix, bytes: Uint8Array): string {
  const body = toBase62(BigInt(`0x${Buffer.from(bytes).toString('hex')}`), bodyLength(bytes.length));
  return prefix + body + checksum(prefix + body);
}

/** Returns the length of the text of each secret token with this prefix and this number of random bytes. */
export function secretTokenLength(prefix: TokenPrefix, byteCount: number): number {
  return prefix.length + bodyLength(byteCount) + checksumLength;
}

function bodyLength(byteCount: number): number {
  return Math.ceil((byteCount * 8) / Math.log2(alphabet.length));
}

const checksumLength = 6;

/**
 * Checks the form and the checksum of a secret token. Returns undefined if the form or the checksum is wrong: such a
 * text can be rejected without a database query. Only the store knows whether a token with a correct form was ever
 * issued.
 */
export function parseSecretToken(text: string): SecretToken | undefined {
  const [, prefix, body, sum] = grammar.exec(text) ?? [];
  if (prefix === undefined || sum !== checksum(`${prefix}${body}`)) return undefined;
  return { prefix: prefix as TokenPrefix, hash: hashOf(text) };
}

function hashOf(text: string): string {
  return hash('sha256', text, 'hex');
}

/**
 * Returns the CRC-32 of the text as six base62 digits. Six digits are enough, because 62^6 is larger than 2^32. The
 * checksum detects typing mistakes and missing characters. Only the random part of the secret protects against
 * attackers, not the checksum.
 */
function checksum(text: string): string {
  let sum = '';
  for (let rest = crc32(text); sum.length < checksumLength; rest = Math.floor(rest / 62))
    sum = alphabet.charAt(rest % 62) + sum;
  return sum;
}

function toBase62(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; rest > 0n; rest /= 62n) text = `${alphabet[Number(rest % 62n)]}${text}`;
  return text.padStart(length, '0');
}
