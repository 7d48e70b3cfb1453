import { isIP } from 'node:net';
import type { Subject } from './subject.ts';
import type { Realm } from '../realm/realm.ts';
import { foldName } from './fold-name.ts';
import { indexByEnds, type LiteralEnds, type PatternIndex } from './pattern-index.ts';
import {
  compileRulePattern,
  matchesRulePattern,
  type Audience,
  type Rule,
  type RulePattern,
} from './rule.ts';

/** The properties of a request that decide which rules apply to it. */
export interface RuleContext {
  readonly subject: Subject;
  readonly realm: Realm['kind'];
  /** The address of the client. */
  readonly address: string;
  readonly repository: string;
}

/** All rules of the policy. An index makes a lookup among ten thousand rules as fast as among ten. */
export interface RuleIndex {
  readonly rules: readonly Rule[];
  /**
   * Returns the rules that have this effect and apply to the request. If several patterns of a rule match, the rule is
   * still returned only once. Deny rules ignore the case of letters, because the storage of the registry may ignore it:
   * a rule for `secret/**` also denies `SECRET/app`.
   */
  findMatching(effect: Rule['effect'], question: RuleContext): readonly Rule[];
}

interface Entry {
  readonly rule: Rule;
  /**
   * A pattern of the rule. The pattern of a deny rule is converted to lower case, because it is compared with the
   * repository name in lower case.
   */
  readonly on: RulePattern;
}

export function createRuleIndex(rules: readonly Rule[]): RuleIndex {
  const byEffect = { allow: byAudience(rules, 'allow'), deny: byAudience(rules, 'deny') };
  return {
    rules,
    findMatching: (effect, question) => {
      const indexes = byEffect[effect];
      if (indexes.size === 0) return [];
      const found = new Set<Rule>();
      const repository = effect === 'deny' ? foldName(question.repository) : question.repository;
      for (const audience of audiencesOf(question.subject, question.realm, effect)) {
        for (const { rule, on } of indexes.get(audience)?.candidates(repository) ?? []) {
          if (!found.has(rule) && ruleMatches(rule, on, audience, question, repository)) found.add(rule);
        }
      }
      return [...found];
    },
  };
}

export const noRules: RuleIndex = createRuleIndex([]);

function byAudience(
  rules: readonly Rule[],
  effect: Rule['effect'],
): ReadonlyMap<Audience, PatternIndex<Entry>> {
  const entries = new Map<Audience, (readonly [LiteralEnds, Entry])[]>();
  for (const rule of rules) {
    if (rule.effect !== effect) continue;
    for (const audience of new Set(rule.to)) {
      const list = entries.get(audience) ?? [];
      entries.set(audience, list);
      for (const pattern of rule.on) {
        const on = effect === 'deny' ? foldPattern(pattern) : pattern;
        list.push([on.ends, { rule, on }]);
      }
    }
  }
  return new Map([...entries].map(([audience, list]) => [audience, indexByEnds(list)]));
}

/** Returns the pattern in lower case. Variables such as `${user}` are in lower case already. */
function foldPattern(pattern: RulePattern): RulePattern {
  const folded = foldName(pattern.text);
  return folded === pattern.text ? pattern : compileRulePattern(folded);
}

/**
 * Returns the audiences (values of `to` in a rule) that include a subject. Under a public domain, an allow rule for
 * `anonymous` also applies to everyone who is logged in, because they could get the same access without a login.
 */
function audiencesOf(subject: Subject, realm: Realm['kind'], effect: Rule['effect']): readonly Audience[] {
  const anyone: readonly Audience[] =
    realm === 'public' && effect === 'allow' ? ['everyone', 'anonymous'] : ['everyone'];
  switch (subject.kind) {
    case 'anonymous':
      return ['everyone', 'anonymous'];
    case 'robot':
      return [...anyone, 'robots', `robot:${subject.name}`];
    case 'ci':
      return [...anyone, `ci:${subject.name}`];
    case 'user':
      return [
        ...anyone,
        'users',
        `user:${subject.name}`,
        ...subject.groups.map((name) => `group:${name}` as const),
      ];
  }
}

function ruleMatches(
  rule: Rule,
  on: RulePattern,
  audience: Audience,
  question: RuleContext,
  repository: string,
): boolean {
  return (
    realmMatches(rule, audience, question.realm) &&
    networkMatches(rule, question.address) &&
    matchesRulePattern(on, question.subject, repository)
  );
}

/**
 * Returns true if the rule applies to this kind of domain. An allow rule for particular subjects does not apply under a
 * public domain unless the rule contains the line `realm: public`. The reason is that a person must be able to see from
 * a few lines of the configuration what a public domain serves (docs/adr/0003).
 */
function realmMatches({ effect, realm }: Rule, audience: Audience, asked: Realm['kind']): boolean {
  if (realm !== undefined) return realm === asked;
  return asked === 'private' || effect === 'deny' || audience === 'everyone' || audience === 'anonymous';
}

/**
 * Returns true if the rule applies to the client address. If the address is unknown, every deny rule applies, and an
 * allow rule applies only if it is not limited to networks.
 */
function networkMatches({ effect, from }: Rule, address: string): boolean {
  if (from === undefined) return true;
  return isIP(address) === 0 ? effect === 'deny' : from.contains(address);
}
