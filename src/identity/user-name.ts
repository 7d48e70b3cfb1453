import { DockpassError } from '../errors.ts';

/**
 * Converts a name to lower case, because `Admin` and `admin` are the same user. Only ASCII letters are converted,
 * because valid names contain no other letters.
 */
export function toCanonicalName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/**
 * Returns true if the name that a client sent is the name of the account, or if the client sent no name.
 * @param name the name of the account, in its canonical form
 */
export function isNameOf(name: string, sent: string | undefined): boolean {
  return sent === undefined || toCanonicalName(sent) === name;
}

/** The largest length of a name in characters. */
export const maxNameLength = 64;

const grammar = /^[a-z0-9](?:[a-z0-9._@-]{0,62}[a-z0-9])?$/;
const rule =
  'a name must start and end with a letter or a digit and contain only letters a-z, digits and . _ @ -';
/**
 * Words that cannot be names. The words in the first line could have another meaning in a policy rule or a log. YAML
 * does not read the words in the second line as text.
 */
const reserved = new Set([
  ...['anonymous', 'everyone', 'nobody', 'root', 'system'],
  ...['null', 'true', 'false', 'yes', 'no', 'on', 'off', 'y', 'n'],
]);

/**
 * Checks the name of a new user or group and returns its canonical form. Names are safe without quotes in shells, YAML,
 * paths and URLs. They are ASCII only, so that no two names look alike.
 * @throws DockpassError `bad_name` with the reason
 */
export function parseNewUserName(text: string): string {
  const name = toCanonicalName(text);
  if (reserved.has(name)) throw badName(text, 'the name is reserved');
  return requireGrammar(text, name);
}

/**
 * Checks the name of a new robot and returns its canonical form. The name must be safe without quotes in CI variables
 * and YAML files: a name of digits could be read as a number, and a name that contains @ would need quotes.
 * @throws DockpassError `bad_name` with the reason
 */
export function parseNewRobotName(text: string): string {
  const name = parseNewUserName(text);
  if (!/^[a-z]/.test(name))
    throw badName(
      text,
      'the name of a robot must start with a letter, because YAML may read a name that starts with a digit as a number',
    );
  if (name.includes('@'))
    throw badName(
      text,
      'the name of a robot must not contain @, because a name with @ would need quotes in CI variables',
    );
  return name;
}

/** Checks the name of a new access token. @throws DockpassError `bad_name` with the reason */
export function parseNewTokenName(text: string): string {
  return requireGrammar(text, toCanonicalName(text));
}

function requireGrammar(text: string, name: string): string {
  if (name.length > maxNameLength) throw badName(text, `the name is longer than ${maxNameLength} characters`);
  if (grammar.test(name)) return name;
  throw badName(text, [findUnexpectedCharacter(name), rule].filter((part) => part !== undefined).join('; '));
}

/** Describes an unexpected character in the name, because a person may not be able to see the character. */
function findUnexpectedCharacter(name: string): string | undefined {
  if (/[\0-\x1f\x7f-\x9f]/.test(name)) return 'the name contains a control character';
  if (/\p{Cf}/u.test(name)) return 'the name contains an invisible character';
  if (/[^\0-\x7f]/.test(name))
    return 'the name contains a letter other than a-z; such a letter can look like another letter, or can have two encodings';
  if (name.includes('/')) return 'the name contains a slash';
  if (name.includes('\\')) return 'the name contains a backslash';
  if (/\s/.test(name)) return 'the name contains a space';
  return undefined;
}

function badName(text: string, why: string): DockpassError {
  return new DockpassError('bad_name', `${JSON.stringify(text.slice(0, 80))} cannot be a name: ${why}`);
}
