import { DockpassError } from '../../errors.ts';
import { canMatchRepository } from '../../policy/can-match-repository.ts';
import { actions as knownActions, type Action } from '../../policy/rights.ts';

/**
 * A pattern for repository names, and the actions that are allowed on the matching repositories. In commands, both are
 * written as one text, for example `team/**:pull,push`.
 */
export interface PatternActions {
  readonly pattern: string;
  readonly actions: readonly Action[];
}

/**
 * Parses a text of the form PATTERN:ACTIONS. The actions are the text after the last colon. Earlier colons belong to
 * the pattern, which can contain a host with a port.
 * @throws DockpassError `bad_usage` if the text is incomplete or wrong
 */
export function parsePatternActions(text: string): PatternActions {
  const colon = text.lastIndexOf(':');
  const [pattern, actions] = [text.slice(0, Math.max(colon, 0)), text.slice(colon + 1)];
  const shown = text.slice(0, 80);
  if (pattern === '' || actions === '') {
    throw new DockpassError(
      'bad_usage',
      `${JSON.stringify(shown)} is incomplete: give a pattern, a colon and actions, as in "team/**:pull,push"`,
    );
  }
  // A right has the form PATTERN:ACTIONS. If the text after the last colon is a port number, that colon is part of a
  // pattern such as HOST:PORT, and the actions are missing.
  if (/^\d+(\/|$)/.test(actions)) {
    throw new DockpassError(
      'bad_usage',
      `${JSON.stringify(shown)} is incomplete: add a colon and actions at the end, as in ${JSON.stringify(`${shown}:pull`)}`,
    );
  }
  return { pattern: requirePossiblePattern(pattern), actions: parseActions(actions) };
}

/**
 * Formats each entry as PATTERN:ACTIONS, and separates the entries by spaces. If the list is null, which means that the
 * rights are not restricted, returns `all rights of the user`.
 */
export function formatPatternActions(list: readonly PatternActions[] | null): string {
  return list === null
    ? 'all rights of the user'
    : list.map(({ pattern, actions }) => `${pattern}:${actions.join(',')}`).join(' ');
}

/**
 * Parses a list of actions such as `pull,push`. Returns the actions in the order in which tokens contain them.
 * @throws DockpassError `bad_usage`
 */
export function parseActions(list: string): Action[] {
  const given = list.split(',').map((action) => action.trim());
  const unknown = given.find((action) => !knownActions.some((known) => known === action));
  if (unknown !== undefined) {
    throw new DockpassError(
      'bad_usage',
      `${JSON.stringify(unknown)} is not an action: use pull, push, delete or "*", separated by commas`,
    );
  }
  return knownActions.filter((action) => given.includes(action));
}

/** Returns the pattern if it can match the name of a repository. @throws DockpassError `bad_usage` if it cannot */
export function requirePossiblePattern(pattern: string): string {
  if (canMatchRepository(pattern)) return pattern;
  throw new DockpassError(
    'bad_usage',
    `no repository can have a name like ${JSON.stringify(pattern)}: a name consists of lower-case letters and digits, with . _ - between them, in segments separated by single slashes`,
  );
}
