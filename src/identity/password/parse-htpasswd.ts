import { bcryptCost, highestBcryptCost } from './bcrypt-hash.ts';

/** One line of an htpasswd file (https://httpd.apache.org/docs/2.4/misc/password_encryptions.html). */
export interface HtpasswdLine {
  /** From 1. */
  readonly line: number;
  /** As it stands there. */
  readonly name: string;
  /** Undefined for every other kind of hash, and for a plain password: weak, or not ours to read. */
  readonly bcrypt: string | undefined;
}

export interface LineFault {
  readonly line: number;
  /** What is wrong, in words that go on after "line 3: ". */
  readonly fault: string;
}

/** Reads every line. Blank ones and comments are no lines, as the registry reads the file too. */
export function parseHtpasswd(text: string): { lines: HtpasswdLine[]; faults: LineFault[] } {
  const lines: HtpasswdLine[] = [];
  const faults: LineFault[] = [];
  for (const [at, raw] of text.split(/\r?\n/).entries()) {
    const line = at + 1;
    const content = raw.trim();
    if (content === '' || content.startsWith('#')) continue;
    const colon = content.indexOf(':');
    const name = content.slice(0, Math.max(colon, 0));
    const hash = content.slice(colon + 1);
    const fault = faultOf(colon, name, hash);
    if (fault !== undefined) faults.push({ line, fault });
    else lines.push({ line, name, bcrypt: bcryptCost(hash) === undefined ? undefined : hash });
  }
  return { lines, faults };
}

/** Never repeats the line: what stands on it may be a password. */
function faultOf(colon: number, name: string, hash: string): string | undefined {
  if (colon < 0) return 'there is no colon; a line is NAME:HASH';
  if (name === '') return 'there is no name before the colon';
  if (hash === '') return 'there is no hash after the colon';
  if (/[\0-\x1f\x7f]/.test(name) || /[\0-\x1f\x7f]/.test(hash)) return 'it holds a control character';
  if (!/^\$2[aby]\$/.test(hash)) return undefined;
  const cost = bcryptCost(hash);
  if (cost === undefined || cost < 4)
    return 'its bcrypt hash is damaged: copy the line again from its source';
  return cost > highestBcryptCost
    ? `its bcrypt cost is ${cost}, at most ${highestBcryptCost} is accepted: each login would take too long`
    : undefined;
}
