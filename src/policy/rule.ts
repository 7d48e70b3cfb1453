import type { Subject } from './subject.ts';
import type { LiteralEnds } from './pattern-index.ts';
import { compilePattern, matches, type Pattern } from './pattern.ts';
import type { Action } from './rights.ts';

/**
 * One rule from the setting `policy` in dockpass.yml. A deny rule overrides every allow rule. The order of rules does
 * not matter.
 */
export interface Rule {
  /**
   * The position of the rule in the file, counted from 1. People and the audit log identify the rule by this number.
   */
  readonly number: number;
  readonly effect: 'allow' | 'deny';
  /** The actions that the rule allows or denies. If the file contains `*`, the list contains all actions. */
  readonly actions: readonly Action[];
  readonly to: readonly Audience[];
  readonly on: readonly RulePattern[];
  /** The kind of domain that the rule is limited to. Undefined if the rule applies under both kinds. */
  readonly realm: 'public' | 'private' | undefined;
  /** The networks that the rule is limited to. Undefined if the rule applies to clients with any address. */
  readonly from: Networks | undefined;
}

/**
 * The subjects that a rule applies to. `users` means all users, and `robots` means all robots. `ci:NAME` means the jobs
 * and pods that log in by the trust rule NAME. `everyone` means all users, all robots, all jobs and pods, and all
 * clients without a login.
 */
export type Audience =
  'everyone' | 'anonymous' | 'users' | 'robots' | `${'user' | 'group' | 'robot' | 'ci'}:${string}`;

export interface Networks {
  readonly texts: readonly string[];
  contains(address: string): boolean;
}

/** A repository pattern of a rule. The variables `${user}` and `${group}` each stand for one whole path segment. */
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
/** Matches one path component of a repository name (as reference.NameRegexp of the distribution project does). */
const component = /^[a-z0-9]+(?:(?:[_.]|__|-+)[a-z0-9]+)*$/;

/** Returns true if the text is exactly one valid path component of a repository name, for example a namespace. */
export function isPathComponent(text: string): boolean {
  return component.test(text);
}

/**
 * Compiles a repository pattern of a rule.
 * @throws TypeError with a message that callers write after "must be a repository pattern: "
 */
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
 * Returns true if the pattern matches the repository for this subject. `${user}` is replaced by the user's name, and
 * `${group}` by the name of any group of the user. A name is inserted only if it is a valid path component. Therefore
 * it cannot contain a star, which would have a special meaning in the pattern.
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
