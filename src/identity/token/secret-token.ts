import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Secret } from '../../secret.ts';

/**
 * The form of every secret that dockpass makes: a prefix by which people and secret scanners know it, random bytes in
 * base62 (a double click selects it whole), and a checksum. `dpp_` personal access token, `dpr_` robot, `dpi_`
 * identity (refresh) token.
 */
export const tokenPrefixes = ['dpp_', 'dpr_', 'dpi_'] as const;
export type TokenPrefix = (typeof tokenPrefixes)[number];

/** A secret token as the store knows it. */
export interface SecretToken {
  readonly prefix: TokenPrefix;
  /** SHA-256 of the whole text, hexadecimal. The bytes are random, so nothing slower is needed. */
  readonly hash: string;
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const grammar = new RegExp(`^(${tokenPrefixes.join('|')})([0-9A-Za-z]{20,64})([0-9A-Za-z]{6})$`);

/** @param bytes of randomness: 20 are 160 bits */
export function createSecretToken(prefix: TokenPrefix, bytes: number): { text: Secret; token: SecretToken } {
  const text = formatSecretToken(prefix, randomBytes(bytes));
  return { text: new Secret(text), token: { prefix, hash: hashOf(text) } };
}

/** Prefix, body and checksum. The body is as long as the number of bytes needs, whatever they are. */
export function formatSecretToken(prefix: TokenPrefix, bytes: Uint8Array): string {
  const length = Math.ceil((bytes.length * 8) / Math.log2(alphabet.length));
  const body = base62(BigInt(`0x${Buffer.from(bytes).toString('hex')}`), length);
  return prefix + body + checksum(prefix + body);
}

/**
 * Undefined for what is none or is damaged: refused without a look into the store. Whether it was ever given out,
 * only the store knows.
 */
export function parseSecretToken(text: string): SecretToken | undefined {
  const [, prefix, body, sum] = grammar.exec(text) ?? [];
  if (prefix === undefined || sum !== checksum(`${prefix}${body}`)) return undefined;
  return { prefix: prefix as TokenPrefix, hash: hashOf(text) };
}

function hashOf(text: string): string {
  return hash('sha256', text, 'hex');
}

/** CRC-32 finds typing mistakes and cut ends; that it is easily made is no matter. 62^6 is more than 2^32. */
function checksum(text: string): string {
  let sum = '';
  for (let rest = crc32(text); sum.length < 6; rest = Math.floor(rest / 62))
    sum = alphabet.charAt(rest % 62) + sum;
  return sum;
}

function base62(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; rest > 0n; rest /= 62n) text = `${alphabet[Number(rest % 62n)]}${text}`;
  return text.padStart(length, '0');
}
