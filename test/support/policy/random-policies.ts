import type { Subject } from '../../../src/policy/subject.ts';
import type { Policy } from '../../../src/policy/decide.ts';
import { compilePattern } from '../../../src/policy/pattern.ts';
import { actions, expandActions, rightsOfRole, roles, type Right } from '../../../src/policy/rights.ts';
import { createRuleIndex } from '../../../src/policy/rule-index.ts';
import { compileRulePattern, type Audience, type Rule } from '../../../src/policy/rule.ts';
import type { Realm } from '../../../src/realm/realm.ts';
import { parseTrustedProxies } from '../../../src/net/trusted-proxies.ts';
import type { Scope } from '../../../src/scope/scope.ts';

/**
 * A small random policy and a request to it. Names, patterns and rules are chosen from short lists, so that they often
 * match each other. fast-check is not used, because it takes minutes for a million cases with rules. The seed
 * determines a case completely, so a failing case can be repeated.
 */
export interface World {
  readonly subject: Subject;
  readonly realm: Realm;
  readonly scope: Scope;
  readonly policy: Policy;
  readonly rules: readonly Rule[];
  readonly address: string;
}

export interface Random {
  /** Returns a random integer from 0 to `end` - 1. */
  below(end: number): number;
  pick<Value>(values: readonly Value[]): Value;
  chance(part: number): boolean;
  some<Value>(most: number, draw: () => Value): Value[];
}

/** Creates a random number generator from a seed. The algorithm is mulberry32, which is in the public domain. */
export function randomFrom(seed: number): Random {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const below = (end: number): number => Math.floor(next() * end);
  return {
    below,
    pick: (values) => values[below(values.length)] as (typeof values)[number],
    chance: (part) => next() < part,
    some: (most, draw) => Array.from({ length: below(most + 1) }, draw),
  };
}

// `a.b` is a valid path component. `x@y` and `c..d` are not.
const users = ['alice', 'bob', 'a.b', 'x@y', 'c..d'] as const;
const groups = ['dev', 'ops', 'g@x'] as const;
const robotNames = ['ci', 'alice'] as const;
const segments = ['alice', 'bob', 'dev', 'ops', 'a.b', 'app', 'team', 'x'] as const;
const patternTexts = [
  '**',
  '*',
  'team/**',
  'team/*',
  '**/app',
  '*/app',
  'a*',
  '*p*',
  '**/x/**',
  'team/*/x',
  'alice/**',
  'team/app',
  'app',
  '*/*',
  'dev**',
  'Team/**',
] as const;
const ruleTexts = [
  ...patternTexts,
  '${user}/**',
  '${group}/**',
  'team/${group}/*',
  '${user}',
  '${group}/${user}/**',
  '**/${user}',
  '${user}/${user}/*',
  'Team/${user}/**',
] as const;
const audiences: readonly Audience[] = [
  'everyone',
  'anonymous',
  'users',
  'robots',
  ...users.map((name) => `user:${name}` as const),
  ...groups.map((name) => `group:${name}` as const),
  'robot:ci',
  'ci:ci',
  'ci:alice',
];
const networks = ['10.0.0.0/8', '192.0.2.7', 'loopback'] as const;
const addresses = ['10.1.2.3', '192.0.2.7', '127.0.0.1', '::1', '198.51.100.1', ''] as const;

const patterns = new Map(patternTexts.map((text) => [text, compilePattern(text)]));
const rulePatterns = new Map(ruleTexts.map((text) => [text, compileRulePattern(text)]));
const peers = new Map(networks.map((text) => [text, parseTrustedProxies([text])]));
const realms: readonly Realm[] = [
  { kind: 'public', host: { name: 'pub', port: undefined }, because: 'public domain' },
  { kind: 'private', host: { name: 'reg', port: undefined }, because: 'not a public domain' },
  { kind: 'private', host: { name: 'reg', port: undefined }, because: 'not a public domain' },
];

export function drawWorld(random: Random): World {
  const rules = random.some(5, () => 0).map((_, at) => drawRule(random, at + 1));
  return {
    subject: drawSubject(random),
    realm: random.pick(realms),
    scope: drawScope(random),
    rules,
    policy: {
      publicRepositories: random.some(2, () => drawPattern(random)),
      catalog: random.pick(['own', 'admins', 'users']),
      publicCatalog: random.pick([true, false]),
      rules: createRuleIndex(rules),
    },
    address: random.pick(addresses),
  };
}

export function drawRule(
  random: Random,
  number: number,
  effect: Rule['effect'] = random.pick(['allow', 'deny']),
): Rule {
  const from = random.chance(0.2) ? peers.get(random.pick(networks)) : undefined;
  return {
    number,
    effect,
    actions: expandActions([random.pick(actions), ...random.some(2, () => random.pick(actions))]),
    to: [random.pick(audiences), ...random.some(2, () => random.pick(audiences))],
    on: [drawRulePattern(random), ...random.some(2, () => drawRulePattern(random))],
    realm: random.pick([undefined, undefined, 'public', 'private']),
    from: typeof from === 'string' ? undefined : from,
  };
}

export function drawRight(random: Random): Right {
  return {
    pattern: drawPattern(random),
    actions: [random.pick(actions), ...random.some(2, () => random.pick(actions))],
  };
}

export function drawSubject(random: Random): Subject {
  if (random.chance(0.15)) return { kind: 'anonymous' };
  // Up to 20 rights, because many rights are looked up by an index and few are not (src/policy/rights.ts).
  const rights = random.some(random.chance(0.2) ? 20 : 3, () => drawRight(random));
  if (random.chance(0.2)) return { kind: 'robot', name: random.pick(robotNames), rights };
  if (random.chance(0.15)) return { kind: 'ci', name: random.pick(robotNames), rights, through: 'JWT' };
  const role = random.chance(0.1) ? 'none' : random.pick(roles.filter((known) => known !== 'none'));
  return {
    kind: 'user',
    name: random.pick(users),
    admin: role === 'admin',
    groups: [...new Set(random.some(2, () => random.pick(groups)))],
    rights: rights.length > 0 ? rights : rightsOfRole(role),
    only: random.chance(0.25) ? random.some(3, () => drawRight(random)) : undefined,
    through: 'password',
  };
}

export function drawScope(random: Random): Scope {
  const catalog = random.chance(0.05);
  const asked = [random.pick(actions), ...random.some(2, () => random.pick([...actions, 'mount']))];
  return {
    type: catalog ? 'registry' : random.chance(0.02) ? 'artifact' : 'repository',
    class: undefined,
    name: catalog && random.chance(0.8) ? 'catalog' : drawName(random),
    actions: [...new Set(asked)],
  };
}

/** Returns a repository name. Its first component may have upper-case letters, because the grammar reads it as a host. */
function drawName(random: Random): string {
  const [first, ...others] = [random.pick(segments), ...random.some(3, () => random.pick(segments))];
  return [random.chance(0.1) ? drawSpelling(random, first ?? '') : first, ...others].join('/');
}

/** Returns the text with some letters in upper case. */
export function drawSpelling(random: Random, text: string): string {
  return [...text].map((letter) => (random.chance(0.5) ? letter.toUpperCase() : letter)).join('');
}

function drawPattern(random: Random) {
  const text = random.pick(patternTexts);
  return patterns.get(text) ?? compilePattern(text);
}

function drawRulePattern(random: Random) {
  const text = random.pick(ruleTexts);
  return rulePatterns.get(text) ?? compileRulePattern(text);
}
