import { foldName } from '../policy/fold-name.ts';
import type { Action } from '../policy/rights.ts';
import {
  compileRulePattern,
  formatRule,
  matchesRulePattern,
  type Audience,
  type Rule,
  type RulePattern,
} from '../policy/rule.ts';
import { anonymous, type Subject } from '../policy/subject.ts';
import { explainUnusedRule, findUnusedPatterns } from '../policy/unused-rules.ts';
import type { Login } from './list-logins.ts';

/** A configured rule, and what it applies to now. */
export interface RuleView {
  readonly number: number;
  /** The rule as one line of text. */
  readonly text: string;
  readonly effect: Rule['effect'];
  readonly actions: readonly Action[];
  readonly to: readonly Audience[];
  readonly on: readonly string[];
  /** Null if the rule applies under both kinds of domains. */
  readonly realm: Rule['realm'] | null;
  /** Null if the rule applies to clients with any address. */
  readonly from: readonly string[] | null;
  /** Why the rule never has an effect. Null if it can have one. */
  readonly unused: string | null;
  /** Those entries of `on` that no repository can match. */
  readonly unusedPatterns: readonly string[];
  readonly subjects: Matches;
  readonly repositories: Matches;
}

/** The names that a rule matches: how many, and the first of them. */
export interface Matches {
  readonly count: number;
  readonly names: readonly string[];
}

/** The largest number of names in `Matches`. */
const maxNames = 100;

/**
 * Describes a rule with the users, robots and trust rules to whom it applies, and the known repositories that it
 * matches.
 * @param all all rules of the configuration
 * @param logins all logins, see `listLogins`
 */
export function viewRule(
  rule: Rule,
  all: readonly Rule[],
  logins: readonly Login[],
  repositories: readonly string[],
): RuleView {
  const { number, effect, actions, to, on, realm, from } = rule;
  const subjects = logins.filter(({ kind, subject }) => kind !== 'token' && appliesTo(rule, subject));
  const patterns = on.map((pattern) => patternOf(pattern, effect));
  const isMatch = (repository: string): boolean => {
    const name = effect === 'deny' ? foldName(repository) : repository;
    return patterns.some((pattern) =>
      pattern.pattern === undefined
        ? subjects.some(({ subject }) => matchesRulePattern(pattern, subject, name))
        : // A pattern without variables matches the same names for every subject.
          matchesRulePattern(pattern, anonymous, name),
    );
  };
  return {
    ...{ number, text: formatRule(rule), effect, actions, to },
    on: on.map(({ text }) => text),
    realm: realm ?? null,
    from: from?.texts ?? null,
    unused: explainUnusedRule(rule, all) ?? null,
    unusedPatterns: findUnusedPatterns(rule),
    subjects: matchesOf(subjects.map(({ name }) => name)),
    repositories: matchesOf(repositories.filter(isMatch)),
  };
}

/** Deny rules ignore the case of letters. */
function patternOf(pattern: RulePattern, effect: Rule['effect']): RulePattern {
  return effect === 'deny' ? compileRulePattern(foldName(pattern.text)) : pattern;
}

function appliesTo({ to }: Rule, subject: Subject): boolean {
  return to.some((audience) => {
    switch (audience) {
      case 'everyone':
        return true;
      case 'anonymous':
        return subject.kind === 'anonymous';
      case 'users':
        return subject.kind === 'user';
      case 'robots':
        return subject.kind === 'robot';
      default:
        if (subject.kind === 'anonymous') return false;
        return (
          audience === `${subject.kind}:${subject.name}` ||
          (subject.kind === 'user' && subject.groups.some((group) => audience === `group:${group}`))
        );
    }
  });
}

function matchesOf(names: readonly string[]): Matches {
  return { count: names.length, names: names.slice(0, maxNames) };
}
