import { DockpassError } from '../errors.ts';

/** `Admin` and `admin` are one. Only ASCII is lowered: no other letter can stand in a name. */
export function canonicalName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

const grammar = /^[a-z0-9](?:[a-z0-9._@-]{0,62}[a-z0-9])?$/;
/** Words that a rule or a log could take for something else. */
const reserved = new Set(['anonymous', 'everyone', 'nobody', 'root', 'system']);

/**
 * The canonical form of a name that is to be given to a user. Safe unquoted in shells, YAML, paths and URLs, and free
 * of letters that look like others: ASCII alone.
 * @throws DockpassError `bad_name` with the reason.
 */
export function newUserName(text: string): string {
  const name = canonicalName(text);
  if (reserved.has(name)) throw badName(text, 'it is reserved');
  if (name.length > 64) throw badName(text, 'it is longer than 64 characters');
  if (!grammar.test(name)) {
    throw badName(
      text,
      'it may hold letters a-z, digits and . _ @ - between them, and starts and ends with a letter or digit',
    );
  }
  return name;
}

function badName(text: string, why: string): DockpassError {
  return new DockpassError('bad_name', `${JSON.stringify(text.slice(0, 80))} cannot be a name: ${why}`);
}
