import { canMatchRepository } from '../policy/can-match-repository.ts';
import { foldName } from '../policy/fold-name.ts';
import { compilePattern } from '../policy/pattern.ts';
import { actions as knownActions, expandActions, type Action, type Right } from '../policy/rights.ts';
import { isPathComponent } from '../policy/rule.ts';
import { findClaim, isClaimName, textOfClaim, type Claims } from './claims.ts';

/**
 * A right of a trust rule, for example `${kubernetes.io/namespace}/**:pull`. `${claim}` is replaced by the value of a
 * claim, and it is always one whole path segment.
 */
export interface RightTemplate {
  /** The pattern as it is written, with its variables. */
  readonly pattern: string;
  readonly actions: readonly Action[];
  /** The names of the claims in the pattern, each as in `findClaim`. */
  readonly claims: readonly string[];
}

const variable = /\$\{([^{}]*)\}/g;

/**
 * Parses a text of the form PATTERN:ACTIONS. The actions are the text after the last colon that is not in a variable.
 * @throws TypeError with a message that says what is wrong and what to write
 */
export function parseRightTemplate(text: string): RightTemplate {
  const colon = text.lastIndexOf(':');
  const [pattern, actionText] = [text.slice(0, Math.max(colon, 0)).trim(), text.slice(colon + 1).trim()];
  const shown = JSON.stringify(text.slice(0, 80));
  if (pattern === '' || actionText === '' || /^\d+(\/|$)/.test(actionText) || actionText.includes('}'))
    throw new TypeError(
      `${shown} is incomplete: write a pattern, a colon and actions, such as "team/**:pull,push"`,
    );
  return {
    pattern: requireVariables(pattern, shown),
    actions: parseActions(actionText),
    claims: [...new Set([...pattern.matchAll(variable)].map(([, name = '']) => name))],
  };
}

/** Formats the template as it is written in a trust rule. */
export function formatRightTemplate({
  pattern,
  actions,
}: Pick<RightTemplate, 'pattern' | 'actions'>): string {
  return `${pattern}:${actions.join(',')}`;
}

/**
 * Returns the right that a template gives to a JWT, or undefined if it gives none. The value of a claim is converted to
 * lower case, because repository names are in lower case. Only ASCII letters are converted: some other letters have an
 * ASCII letter as their lower case, and would then be equal to a name of someone else. A claim that is missing, has
 * several values, or is not one valid path component gives no right. So a value can never contain a slash or a star,
 * which would have a special meaning in the pattern.
 * @param rule the name of the trust rule
 */
export function bindTemplate(template: RightTemplate, claims: Claims, rule: string): Right | undefined {
  const values = new Map<string, string>();
  for (const name of template.claims) {
    const text = textOfClaim(findClaim(claims, name));
    if (text === undefined || !isPathComponent(foldName(text))) return undefined;
    values.set(name, foldName(text));
  }
  const bound = template.pattern.replace(variable, (_, name: string) => values.get(name) ?? '');
  return {
    pattern: compilePattern(bound),
    actions: expandActions(template.actions),
    origin: { kind: 'trust', rule },
  };
}

/** Returns the right in which each variable matches any path segment. The text of its pattern has the variables. */
export function bindToAnything({ pattern, actions }: RightTemplate, rule: string): Right {
  return {
    pattern: { ...compilePattern(pattern.replace(variable, '*')), text: pattern },
    actions: expandActions(actions),
    origin: { kind: 'trust', rule },
  };
}

function requireVariables(pattern: string, shown: string): string {
  const sample = pattern.replace(variable, 'a');
  if (/\$\{|\}/.test(sample))
    throw new TypeError(`${shown} has a brace without its other half: write a variable as "\${claim}"`);
  for (const { 0: whole, 1: name = '', index } of pattern.matchAll(variable)) {
    if (!isClaimName(name))
      throw new TypeError(
        `${shown} has a variable without a name: write the name of a claim, as in "\${ref}"`,
      );
    const before = index === 0 ? '/' : pattern[index - 1];
    const after = pattern[index + whole.length] ?? '/';
    if (before !== '/' || after !== '/')
      throw new TypeError(
        `${whole} must be a whole path segment: put it between slashes, as in "team/${whole}/**:pull"`,
      );
  }
  if (canMatchRepository(sample)) return pattern;
  throw new TypeError(
    `no repository can have a name like ${JSON.stringify(pattern.slice(0, 80))}: a name consists of lower-case letters and digits, with . _ - between them, in segments separated by single slashes`,
  );
}

function parseActions(list: string): Action[] {
  const given = list.split(',').map((action) => action.trim());
  const unknown = given.find((action) => !knownActions.some((known) => known === action));
  if (unknown !== undefined)
    throw new TypeError(
      `${JSON.stringify(unknown.slice(0, 80))} is not an action: use pull, push, delete or "*", separated by commas`,
    );
  return knownActions.filter((action) => given.includes(action));
}
