import type { Subject } from './subject.ts';
import type { LiteralEnds } from './pattern-index.ts';
import { compilePattern, matches, type Pattern } from './pattern.ts';
import type { Action } from './rights.ts';

/** One rule of `policy:` in dockpass.yml. A deny takes away from whatever gives; an allow adds. Order is nothing. */
export interface Rule {
  /** From 1, in the order of the file: how people and the audit log name it. */
  readonly number: number;
  readonly effect: 'allow' | 'deny';
  /** In full: `*` in the file stands for all. */
  readonly actions: readonly Action[];
  readonly to: readonly Audience[];
  readonly on: readonly RulePattern[];
  /** Undefined: under public and private names. */
  readonly realm: 'public' | 'private' | undefined;
  /** The client's networks; undefined for any. */
  readonly from: Networks | undefined;
}

/** Whom a rule is for. `users` and `robots`: all of them; `everyone`: those too who did not log in. */
export type Audience =
  'everyone' | 'anonymous' | 'users' | 'robots' | `${'user' | 'group' | 'robot'}:${string}`;

export interface Networks {
  readonly texts: readonly string[];
  contains(address: string): boolean;
}

/** A pattern in which `${user}` and `${group}` may stand for one whole path segment each. */
export interface RulePattern {
  readonly text: string;
  readonly ends: LiteralEnds;
  readonly variables: readonly Variable[];
  /** Ready for use where there are no variables. */
  readonly pattern: Pattern | undefined;
}

export const variables = ['user', 'group'] as const;
export type Variable = (typeof variables)[number];

const variable = /\$\{([^}]*)\}/g;
/** One component of a repository's name (distribution reference.NameRegexp). */
const component = /^[a-z0-9]+(?:(?:[_.]|__|-+)[a-z0-9]+)*$/;

/** @throws TypeError with what is wrong, in text that continues "must be a repository pattern: ". */
export function compileRulePattern(text: string): RulePattern {
  for (const segment of text.split('/')) {
    const [whole, name] = /\$\{([^}]*)\}/.exec(segment) ?? [];
    if (name === undefined) continue;
    if (!variables.some((known) => known === name))
      throw new TypeError(`\${${name}} is not a variable; the variables are \${user} and \${group}`);
    if (whole !== segment)
      throw new TypeError(`${whole} stands for a whole path segment: put it between slashes`);
  }
  const used = variables.filter((name) => text.includes(`\${${name}}`));
  const [first = text] = text.split(/\*|\$\{/, 1);
  const last = text.split(/\*|\}/).at(-1) ?? '';
  const isOpen = first !== text;
  return {
    text,
    variables: used,
    ends: { prefix: first, suffix: isOpen ? last : '', isOpen },
    pattern: used.length === 0 ? compilePattern(text) : undefined,
  };
}

/**
 * Does the pattern match a repository for this subject? A name that is not one component of a repository's name stands
 * for nothing; so no character of a name is ever read as a part of a pattern.
 */
export function matchesRulePattern(pattern: RulePattern, subject: Subject, repository: string): boolean {
  if (pattern.pattern !== undefined) return matches(pattern.pattern, repository);
  if (subject.kind !== 'user') return false;
  const groups = pattern.variables.includes('group') ? subject.groups : [''];
  return groups.some((group) => {
    const values = { user: subject.name, group };
    if (!pattern.variables.every((name) => component.test(values[name]))) return false;
    const bound = pattern.text.replace(variable, (_, name: Variable) => values[name]);
    return matches(compilePattern(bound), repository);
  });
}

/** The rule as one reads it: `rule 3: deny push, delete to everyone on infra/** under private names`. */
export function formatRule({ number, effect, actions, to, on, realm, from }: Rule): string {
  const texts = [
    `rule ${number}: ${effect} ${actions.includes('*') ? 'everything' : actions.join(', ')}`,
    `to ${to.join(', ')}`,
    `on ${on.map(({ text }) => text).join(', ')}`,
    ...(realm === undefined ? [] : [`under ${realm} names`]),
    ...(from === undefined ? [] : [`from ${from.texts.join(', ')}`]),
  ];
  return texts.join(' ');
}
