import { bcryptCost, highestBcryptCost } from './bcrypt-hash.ts';

/** One line of an htpasswd file (https://httpd.apache.org/docs/2.4/misc/password_encryptions.html). */
export interface HtpasswdLine {
  /** The line number. The first line of the file has the number 1. */
  readonly line: number;
  /** The user name as it is written in the file. */
  readonly name: string;
  /**
   * The bcrypt hash of the password. Undefined if the password is hashed with another algorithm, or not hashed at all.
   * Such users cannot log in.
   */
  readonly bcrypt: string | undefined;
}

export interface LineFault {
  readonly line: number;
  /**
   * A description of the error in the line. Callers write this text after the path and the line number, so it starts in
   * lower case and has no final full stop.
   */
  readonly fault: string;
}

/** Parses all lines of an htpasswd file. Like the registry, this function skips blank lines and comments. */
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
    const fault = findFault(colon, name, hash);
    if (fault !== undefined) faults.push({ line, fault });
    else lines.push({ line, name, bcrypt: bcryptCost(hash) === undefined ? undefined : hash });
  }
  return { lines, faults };
}

/**
 * Describes the error in a line. Returns undefined if the line is valid. The description never quotes the line, because
 * the line may contain a password.
 */
function findFault(colon: number, name: string, hash: string): string | undefined {
  if (colon < 0) return 'there is no colon. Each line must be NAME:HASH';
  if (name === '') return 'there is no name before the colon';
  if (hash === '') return 'there is no hash after the colon';
  if (/[\0-\x1f\x7f]/.test(name) || /[\0-\x1f\x7f]/.test(hash))
    return 'the line contains a control character';
  if (!/^\$2[aby]\$/.test(hash)) return undefined;
  const cost = bcryptCost(hash);
  if (cost === undefined || cost < 4)
    return 'the bcrypt hash is damaged. Copy the line again from its source';
  return cost > highestBcryptCost
    ? `the bcrypt cost is ${cost}, but at most ${highestBcryptCost} is accepted, because a login takes too long with a higher cost`
    : undefined;
}
