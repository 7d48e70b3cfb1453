import { DockpassError } from '../errors.ts';

/** `Admin` and `admin` are one. Only ASCII is lowered: no other letter can stand in a name. */
export function toCanonicalName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** Longer names are nobody's. */
export const maxNameLength = 64;

const grammar = /^[a-z0-9](?:[a-z0-9._@-]{0,62}[a-z0-9])?$/;
const rule =
  'it may hold letters a-z, digits and . _ @ - between them, and starts and ends with a letter or digit';
/** Words that a rule or a log could take for something else, and those that YAML takes for no text. */
const reserved = new Set([
  ...['anonymous', 'everyone', 'nobody', 'root', 'system'],
  ...['null', 'true', 'false', 'yes', 'no', 'on', 'off', 'y', 'n'],
]);

/**
 * The canonical form of a name that is to be given to a user or a group. Safe unquoted in shells, YAML, paths and URLs,
 * and free of letters that look like others or can be written in two ways: ASCII alone.
 * @throws DockpassError `bad_name` with the reason.
 */
export function parseNewUserName(text: string): string {
  const name = toCanonicalName(text);
  if (reserved.has(name)) throw badName(text, 'it is reserved');
  return requireGrammar(text, name);
}

/**
 * A robot's name stands in CI variables and YAML files, where digits alone would be a number and an @ wants quotes.
 * @throws DockpassError `bad_name` with the reason.
 */
export function parseNewRobotName(text: string): string {
  const name = parseNewUserName(text);
  if (!/^[a-z]/.test(name))
    throw badName(text, "a robot's name starts with a letter, or YAML may read a number");
  if (name.includes('@'))
    throw badName(text, "a robot's name holds no @: it has to stand unquoted in CI variables");
  return name;
}

/** The name of one of a user's access tokens. @throws DockpassError `bad_name` with the reason. */
export function parseNewTokenName(text: string): string {
  return requireGrammar(text, toCanonicalName(text));
}

function requireGrammar(text: string, name: string): string {
  if (name.length > maxNameLength) throw badName(text, `it is longer than ${maxNameLength} characters`);
  if (grammar.test(name)) return name;
  throw badName(text, [findUnexpectedCharacter(name), rule].filter((part) => part !== undefined).join('; '));
}

/** The first thing that a person may not see in a name that looks right. */
function findUnexpectedCharacter(name: string): string | undefined {
  if (/[\0-\x1f\x7f-\x9f]/.test(name)) return 'it holds a control character';
  if (/\p{Cf}/u.test(name)) return 'it holds an invisible character';
  if (/[^\0-\x7f]/.test(name))
    return 'it holds a letter beyond a-z, which may look like another or be written in two ways';
  if (/[\\/]/.test(name)) return 'it holds a slash';
  if (/\s/.test(name)) return 'it holds a space';
  return undefined;
}

function badName(text: string, why: string): DockpassError {
  return new DockpassError('bad_name', `${JSON.stringify(text.slice(0, 80))} cannot be a name: ${why}`);
}
