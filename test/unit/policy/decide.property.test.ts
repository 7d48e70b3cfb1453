import { accessOf } from '../../../src/token/claims.ts';
import { describe, expect, test } from 'vitest';
import type { Subject } from '../../../src/policy/subject.ts';
import { decide, type Reason } from '../../../src/policy/decide.ts';
import { compilePattern } from '../../../src/policy/pattern.ts';
import { createRuleIndex } from '../../../src/policy/rule-index.ts';
import { naiveDecision } from '../../support/policy/naive-policy.ts';
import {
  drawRight,
  drawRule,
  drawSpelling,
  drawWorld,
  randomFrom,
  type World,
} from '../../support/policy/random-policies.ts';

/**
 * The number of random worlds. `npm run test:soak` sets DOCKPASS_TEST_LAWS=1000000, which takes minutes. A world is a
 * subject, a realm, a scope, a policy and an address. Each run draws other worlds. To repeat a failed run, set
 * DOCKPASS_TEST_SEED to the seed that it printed.
 */
const cases = Number(process.env['DOCKPASS_TEST_LAWS'] ?? 200_000);
const start = Number(process.env['DOCKPASS_TEST_SEED'] ?? Date.now() % 2 ** 31);

function decision({ subject, realm, scope, policy, address }: World) {
  const [grant] = decide(subject, realm, [scope], policy, address);
  if (grant === undefined) throw new Error('no grant was returned for the scope');
  return grant;
}

/** Returns the first world for which the law does not hold, with its seed, or undefined if there is none. */
function counterexample(count: number, breaks: (world: World, seed: number) => unknown): unknown {
  for (let seed = start; seed < start + count; seed++) {
    const broken = breaks(drawWorld(randomFrom(seed)), seed);
    if (broken !== undefined) return { DOCKPASS_TEST_SEED: seed, ...(broken as object) };
  }
  return undefined;
}

const givingReasons: ReadonlySet<Reason> = new Set<Reason>([
  'public repository',
  'role',
  'granted',
  'allowed by rule',
  'may list the catalog',
  'may list what it may pull',
  'may list what is public',
]);

describe(`decisions in ${cases} random worlds`, () => {
  test('equal those of the naive reference, and their reasons match', { timeout: 300_000 }, () => {
    let given = 0;
    const seen = new Set<Reason>();
    const found = counterexample(cases, (world) => {
      const { actions, reason } = decision(world);
      const expected = naiveDecision(world);
      seen.add(reason);
      if (actions.length > 0) given++;
      const fits = givingReasons.has(reason) === actions.length > 0;
      return fits && actions.join() === expected.join() ? undefined : { world, actions, reason, expected };
    });
    expect(found).toBeUndefined();
    // Check that the worlds were varied enough: some actions were granted, some were not, and every reason occurred.
    expect(given).toBeGreaterThan(cases / 10);
    expect(given).toBeLessThan(cases / 1.5);
    expect(seen.size).toBe(17);
  });
});

describe('laws of the policy', { timeout: 600_000 }, () => {
  // Each law decides about several worlds, so fewer are drawn.
  const count = Number(process.env['DOCKPASS_TEST_LAWS'] ?? cases / 4);

  test('a public domain never grants more than pull, whatever the rules say', () => {
    const found = counterexample(count, (world) => {
      const realm: World['realm'] = { ...world.realm, kind: 'public' };
      const grant = decision({ ...world, realm });
      const { actions, catalog } = grant;
      // The public catalog is the list of what is public. A token does not contain it as access.
      if (catalog === 'public') return accessOf([grant]).length === 0 ? undefined : { world, catalog };
      return actions.every((action) => action === 'pull') ? undefined : { world, actions };
    });
    expect(found).toBeUndefined();
  });

  test('another deny rule never adds a right', () => {
    let removedCount = 0;
    const found = counterexample(count, (world, seed) => {
      const before = decision(world).actions;
      const after = decision(withRule(world, 'deny', seed)).actions;
      if (after.length < before.length) removedCount++;
      return after.every((action) => before.includes(action)) ? undefined : { world, before, after };
    });
    expect(found).toBeUndefined();
    expect(removedCount).toBeGreaterThan(count / 200);
  });

  test('another allow rule never removes a right', () => {
    let addedCount = 0;
    const found = counterexample(count, (world, seed) => {
      const before = decision(world).actions;
      const after = decision(withRule(world, 'allow', seed)).actions;
      if (after.length > before.length) addedCount++;
      return before.every((action) => after.includes(action)) ? undefined : { world, before, after };
    });
    expect(found).toBeUndefined();
    expect(addedCount).toBeGreaterThan(count / 100);
  });

  test('another grant never removes a right', () => {
    let addedCount = 0;
    const found = counterexample(count, (world, seed) => {
      const before = decision(world).actions;
      const after = decision({ ...world, subject: withRight(world.subject, seed) }).actions;
      if (after.length > before.length) addedCount++;
      return before.every((action) => after.includes(action)) ? undefined : { world, before, after };
    });
    expect(found).toBeUndefined();
    expect(addedCount).toBeGreaterThan(count / 100);
  });

  test('a deny rule denies every spelling of a name, because storage may ignore case', () => {
    let deniedCount = 0;
    const found = counterexample(count, (world, seed) => {
      if (world.scope.type !== 'repository') return undefined;
      const denyOnly = withRules(
        world,
        world.rules.filter(({ effect }) => effect === 'deny'),
      );
      const held = [{ pattern: compilePattern('**'), actions: ['*'] }] as const;
      const subject = { kind: 'robot', name: 'ci', rights: held } as const;
      const publicRepositories = [compilePattern('**')];
      const open = { ...denyOnly, subject, policy: { ...denyOnly.policy, publicRepositories } };
      const lower = { ...world.scope, name: world.scope.name.toLowerCase() };
      const before = decision({ ...open, scope: lower });
      const after = decision({ ...open, scope: spelled(lower, seed) });
      if (after.reason === 'denied by rule') deniedCount++;
      return after.actions.join() === before.actions.join() ? undefined : { world, before, after };
    });
    expect(found).toBeUndefined();
    expect(deniedCount).toBeGreaterThan(count / 100);
  });

  test('under a public domain, no spelling of a name gets more than the name in lower case', () => {
    let givenCount = 0;
    const found = counterexample(count, (world, seed) => {
      if (world.scope.type !== 'repository') return undefined;
      const realm: World['realm'] = { ...world.realm, kind: 'public' };
      const lower = { ...world.scope, name: world.scope.name.toLowerCase() };
      const before = decision({ ...world, realm, scope: lower }).actions;
      const after = decision({ ...world, realm, scope: spelled(lower, seed) }).actions;
      if (after.length > 0) givenCount++;
      return after.every((action) => before.includes(action)) ? undefined : { world, before, after };
    });
    expect(found).toBeUndefined();
    expect(givenCount).toBeGreaterThan(count / 100);
  });

  test('the order of rules and grants does not matter', () => {
    const found = counterexample(count, (world) => {
      const reversed = withRules(world, world.rules.toReversed());
      const { subject } = world;
      const rights = subject.kind === 'anonymous' ? [] : subject.rights.toReversed();
      const other = decision({ ...reversed, subject: { ...subject, rights } as Subject }).actions;
      return other.join() === decision(world).actions.join() ? undefined : { world, other };
    });
    expect(found).toBeUndefined();
  });

  test('a user without rights gets no access unless a rule allows it', () => {
    const found = counterexample(count, (world) => {
      if (world.subject.kind === 'anonymous' || world.realm.kind === 'public') return undefined;
      if (world.scope.type !== 'repository') return undefined;
      const denyOnly = withRules(
        world,
        world.rules.filter(({ effect }) => effect === 'deny'),
      );
      const { actions, reason } = decision({ ...denyOnly, subject: { ...world.subject, rights: [] } });
      return actions.length === 0 && reason === 'no matching right' ? undefined : { world, actions, reason };
    });
    expect(found).toBeUndefined();
  });
});

/** Returns the scope with some letters of its name in upper case. */
function spelled(scope: World['scope'], seed: number): World['scope'] {
  return { ...scope, name: drawSpelling(randomFrom(~seed), scope.name) };
}

function withRule(world: World, effect: 'allow' | 'deny', seed: number): World {
  return withRules(world, [...world.rules, drawRule(randomFrom(~seed), world.rules.length + 1, effect)]);
}

function withRules(world: World, rules: World['rules']): World {
  return { ...world, rules, policy: { ...world.policy, rules: createRuleIndex(rules) } };
}

function withRight(subject: Subject, seed: number): Subject {
  if (subject.kind === 'anonymous') return subject;
  return { ...subject, rights: [...subject.rights, drawRight(randomFrom(~seed))] };
}
