import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseSecretToken } from '../../../src/identity/token/secret-token.ts';

/** A secret where none belongs. */
export interface Leak {
  /** Below the evidence, e.g. `logs/1234`. */
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
 * Looks for secrets in everything below `evidence`: passwords (one to a line of the files in `secrets`, in base64) as
 * they are, as they stand in a form or URL, and in a Basic header; access, robot and refresh tokens by their prefix and
 * checksum, and what the registry takes by its signature, whoever made them.
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

/** Everything that a password may look like on its way: a Basic header has it at one of three places in base64. */
function formsOf(password: string): string[] {
  const url = encodeURIComponent(password);
  const inBase64 = [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(password)]);
    // Without the characters at both ends that depend on what stands beside it.
    return bytes.toString('base64').slice(Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6));
  });
  const inJson = JSON.stringify(password).slice(1, -1);
  return [password, inJson, url, url.replaceAll('%20', '+'), ...inBase64];
}

/** All texts in one pass, however many: each is tried only where its first four bytes are. */
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
