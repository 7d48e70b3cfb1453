import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseSecretToken } from '../../../src/identity/token/secret-token.ts';

/** A secret in a file that must not contain secrets. */
export interface Leak {
  /** The path below the evidence directory, such as `logs/1234`. */
  readonly file: string;
  readonly what: 'password' | 'token' | 'signed token';
  /** The text around it. */
  readonly around: string;
}

export interface Search {
  readonly files: number;
  readonly bytes: number;
  readonly secrets: number;
  readonly leaks: readonly Leak[];
}

/**
 * Searches all files below `evidence` for secrets:
 * - The passwords in the files below `secrets` (one on each line, in base64): in plain text, in JSON, encoded as in a
 *   form or URL, and in a Basic header.
 * - Any access, robot or refresh token, by its prefix and checksum.
 * - Any signed token for the registry, by the format of a JWT.
 */
export function searchForLeaks(evidence: string, secrets: string): Search {
  const passwords = new Set(
    filesBelow(secrets).flatMap((file) => readFileSync(file, 'utf8').split('\n').filter(Boolean)),
  );
  const needles = new Set(
    [...passwords].flatMap((encoded) => formsOf(Buffer.from(encoded, 'base64').toString())),
  );
  const findPasswords = finder([...needles].map((text) => Buffer.from(text)));
  const files = filesBelow(evidence);
  const leaks = files.flatMap((path) => {
    const bytes = readFileSync(path);
    const text = bytes.toString('latin1');
    const leak = (what: Leak['what'], at: number): Leak => ({
      file: path.slice(evidence.length + 1),
      what,
      around: JSON.stringify(text.slice(Math.max(0, at - 80), at + 80)),
    });
    return [
      ...findPasswords(bytes).map((at) => leak('password', at)),
      ...[...text.matchAll(/dp[a-z]_[0-9A-Za-z]{26,70}/g)]
        .filter(([found]) => parseSecretToken(found) !== undefined)
        .map(({ index }) => leak('token', index)),
      ...[...text.matchAll(/eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{40,}/g)].map(({ index }) =>
        leak('signed token', index),
      ),
    ];
  });
  const bytes = files.reduce((sum, path) => sum + statSync(path).size, 0);
  return { files: files.length, bytes, secrets: passwords.size, leaks };
}

/**
 * Returns all encodings in which a password may appear. Base64 encodes the same bytes in three ways, depending on their
 * position, so a Basic header can contain any of the three.
 */
function formsOf(password: string): string[] {
  const url = encodeURIComponent(password);
  const inBase64 = [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(password)]);
    // Omit the characters at both ends, because they also depend on the adjacent bytes.
    return bytes.toString('base64').slice(Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6));
  });
  const inJson = JSON.stringify(password).slice(1, -1);
  return [password, inJson, url, url.replaceAll('%20', '+'), ...inBase64];
}

/** Returns a function that finds all texts in one pass. It compares a text only where the first four bytes match. */
function finder(needles: readonly Buffer[]): (bytes: Buffer) => number[] {
  const byStart = new Map<number, Buffer[]>();
  const starts = new Uint8Array(65_536);
  for (const needle of needles) {
    const start = needle.readUInt32BE(0);
    byStart.set(start, [...(byStart.get(start) ?? []), needle]);
    starts[start >>> 16] = 1;
  }
  return (bytes) => {
    const found: number[] = [];
    for (let at = 0; at + 4 <= bytes.length; at++) {
      if (starts[((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)] === 0) continue;
      const candidates = byStart.get(bytes.readUInt32BE(at)) ?? [];
      if (candidates.some((needle) => needle.equals(bytes.subarray(at, at + needle.length)))) found.push(at);
    }
    return found;
  };
}

function filesBelow(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile());
}
