import { DockpassError } from '../../errors.ts';
import { canMatchRepository } from '../../policy/can-match-repository.ts';
import { actions as knownActions, type Action } from '../../policy/rights.ts';

/** A pattern and the actions on what it matches, as people write it: `team/**:pull,push`. */
export interface PatternActions {
  readonly pattern: string;
  readonly actions: readonly Action[];
}

/**
 * Parses PATTERN:ACTIONS. The actions follow the last colon, because the pattern can contain a host with a port.
 * @throws DockpassError `bad_usage` with what is wrong
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
  // Somebody left out the actions, and the last colon is the one before a port.
  if (/^\d+(\/|$)/.test(actions)) {
    throw new DockpassError(
      'bad_usage',
      `${JSON.stringify(shown)} is incomplete: actions are missing at the end, as in ${JSON.stringify(`${shown}:pull`)}`,
    );
  }
  return { pattern: requirePossiblePattern(pattern), actions: parseActions(actions) };
}

/** Formats each as PATTERN:ACTIONS, separated by spaces. Null means that there is no limit. */
export function formatPatternActions(list: readonly PatternActions[] | null): string {
  return list === null
    ? 'all that the user holds'
    : list.map(({ pattern, actions }) => `${pattern}:${actions.join(',')}`).join(' ');
}

/** Parses `pull,push`. The result is in the order in which tokens list actions. @throws DockpassError `bad_usage` */
export function parseActions(list: string): Action[] {
  const given = list.split(',').map((action) => action.trim());
  const unknown = given.find((action) => !knownActions.some((known) => known === action));
  if (unknown !== undefined) {
    throw new DockpassError(
      'bad_usage',
      `${JSON.stringify(unknown)} is no action: give pull, push, delete or "*", separated by commas`,
    );
  }
  return knownActions.filter((action) => given.includes(action));
}

/** Returns the pattern if a repository can have a name that it matches. @throws DockpassError `bad_usage` */
export function requirePossiblePattern(pattern: string): string {
  if (canMatchRepository(pattern)) return pattern;
  throw new DockpassError(
    'bad_usage',
    `no repository can have a name like ${JSON.stringify(pattern)}: a name consists of lower-case letters and digits, with . _ - between them, in segments separated by single slashes`,
  );
}
