import type { Subject } from './subject.ts';
import type { LiteralEnds } from './pattern-index.ts';
import { compilePattern, matches, type Pattern } from './pattern.ts';
import type { Action } from './rights.ts';

/** One rule of `policy` in dockpass.yml. A deny rule overrides every allow. The order of rules does not matter. */
export interface Rule {
  /** The position in the file, from 1. People and the audit log name the rule by it. */
  readonly number: number;
  readonly effect: 'allow' | 'deny';
  /** All actions. `*` in the file was expanded. */
  readonly actions: readonly Action[];
  readonly to: readonly Audience[];
  readonly on: readonly RulePattern[];
  /** Undefined: the rule applies under public and private domains. */
  readonly realm: 'public' | 'private' | undefined;
  /** The networks of the client. Undefined: any address. */
  readonly from: Networks | undefined;
}

/**
 * The subjects that a rule is for. `users` and `robots` are all of them; `everyone` also includes clients without a
 * login.
 */
export type Audience =
  'everyone' | 'anonymous' | 'users' | 'robots' | `${'user' | 'group' | 'robot'}:${string}`;

export interface Networks {
  readonly texts: readonly string[];
  contains(address: string): boolean;
}

/** A pattern. `${user}` and `${group}` in it stand for one whole path segment. */
export interface RulePattern {
  readonly text: string;
  readonly ends: LiteralEnds;
  readonly variables: readonly Variable[];
  /** The compiled pattern. Undefined if the text has variables. */
  readonly pattern: Pattern | undefined;
}

export const variables = ['user', 'group'] as const;
export type Variable = (typeof variables)[number];

const variable = /\$\{([^}]*)\}/g;
/** One component of a repository name (distribution, reference.NameRegexp). */
const component = /^[a-z0-9]+(?:(?:[_.]|__|-+)[a-z0-9]+)*$/;

/** @throws TypeError whose text continues "must be a repository pattern: " */
export function compileRulePattern(text: string): RulePattern {
  for (const segment of text.split('/')) {
    const [whole, name] = /\$\{([^}]*)\}/.exec(segment) ?? [];
    if (name === undefined) continue;
    if (!variables.some((known) => known === name))
      throw new TypeError(`\${${name}} is not a variable; the variables are \${user} and \${group}`);
    if (whole !== segment)
      throw new TypeError(`${whole} must be a whole path segment: put it between slashes`);
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
 * Returns true if the pattern matches the repository for this subject. If the name of the user or group is not a
 * valid path component, the variable matches nothing. So no character of a name works as a part of a pattern.
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

/** Formats the rule for people: `rule 3: deny push, delete to everyone on infra/** under private domains`. */
export function formatRule({ number, effect, actions, to, on, realm, from }: Rule): string {
  const texts = [
    `rule ${number}: ${effect} ${actions.includes('*') ? 'everything' : actions.join(', ')}`,
    `to ${to.join(', ')}`,
    `on ${on.map(({ text }) => text).join(', ')}`,
    ...(realm === undefined ? [] : [`under ${realm} domains`]),
    ...(from === undefined ? [] : [`from ${from.texts.join(', ')}`]),
  ];
  return texts.join(' ');
}
