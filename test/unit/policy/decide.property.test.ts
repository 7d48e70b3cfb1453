import { describe, expect, test } from 'vitest';
import type { Subject } from '../../../src/policy/subject.ts';
import { decide, type Reason } from '../../../src/policy/decide.ts';
import { createRuleIndex } from '../../../src/policy/rule-index.ts';
import { naiveDecision } from '../../support/policy/naive-policy.ts';
import {
  drawRight,
  drawRule,
  drawWorld,
  randomFrom,
  type World,
} from '../../support/policy/random-policies.ts';

/** Worlds drawn for each law. Every run has others; DOCKPASS_TEST_SEED runs one that failed again. */
const cases = 1_000_000;
const start = Number(process.env['DOCKPASS_TEST_SEED'] ?? Date.now() % 2 ** 31);

function decision({ subject, realm, scope, policy, address }: World) {
  const [grant] = decide(subject, realm, [scope], policy, address);
  if (grant === undefined) throw new Error('there is one verdict for each scope');
  return grant;
}

/** The first world for which the law does not hold, to be shown whole; undefined where there is none. */
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
]);

describe(`decisions in ${cases} random worlds`, () => {
  test('are those of the naive reference, with a reason that fits', { timeout: 120_000 }, () => {
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
    // Neither an empty world nor one that gives everything: every reason came up.
    expect(given).toBeGreaterThan(cases / 10);
    expect(given).toBeLessThan(cases / 1.5);
    expect(seen.size).toBe(14);
  });
});

describe('laws of the policy', { timeout: 600_000 }, () => {
  // DOCKPASS_TEST_LAWS=1000000 for as many as above, which takes minutes.
  const some = Number(process.env['DOCKPASS_TEST_LAWS'] ?? cases / 10);

  test('a public domain never grants more than pull, whatever the rules say', () => {
    const found = counterexample(some, (world) => {
      const realm: World['realm'] = { ...world.realm, kind: 'public' };
      const { actions } = decision({ ...world, realm });
      return actions.every((action) => action === 'pull') ? undefined : { world, actions };
    });
    expect(found).toBeUndefined();
  });

  test('one deny more never adds a right', () => {
    let took = 0;
    const found = counterexample(some, (world, seed) => {
      const before = decision(world).actions;
      const after = decision(withRule(world, 'deny', seed)).actions;
      if (after.length < before.length) took++;
      return after.every((action) => before.includes(action)) ? undefined : { world, before, after };
    });
    expect(found).toBeUndefined();
    expect(took).toBeGreaterThan(some / 100);
  });

  test('one allow more never takes a right away', () => {
    let gave = 0;
    const found = counterexample(some, (world, seed) => {
      const before = decision(world).actions;
      const after = decision(withRule(world, 'allow', seed)).actions;
      if (after.length > before.length) gave++;
      return before.every((action) => after.includes(action)) ? undefined : { world, before, after };
    });
    expect(found).toBeUndefined();
    expect(gave).toBeGreaterThan(some / 100);
  });

  test('one grant more never takes a right away', () => {
    let gave = 0;
    const found = counterexample(some, (world, seed) => {
      const before = decision(world).actions;
      const after = decision({ ...world, subject: withRight(world.subject, seed) }).actions;
      if (after.length > before.length) gave++;
      return before.every((action) => after.includes(action)) ? undefined : { world, before, after };
    });
    expect(found).toBeUndefined();
    expect(gave).toBeGreaterThan(some / 100);
  });

  test('the order of rules and grants is nothing', () => {
    const found = counterexample(some, (world) => {
      const turned = withRules(world, world.rules.toReversed());
      const { subject } = world;
      const rights = subject.kind === 'anonymous' ? [] : subject.rights.toReversed();
      const other = decision({ ...turned, subject: { ...subject, rights } as Subject }).actions;
      return other.join() === decision(world).actions.join() ? undefined : { world, other };
    });
    expect(found).toBeUndefined();
  });

  test('nothing is given to a user without rights where no rule allows it', () => {
    const found = counterexample(some, (world) => {
      if (world.subject.kind === 'anonymous' || world.realm.kind === 'public') return undefined;
      if (world.scope.type !== 'repository') return undefined;
      const bare = withRules(
        world,
        world.rules.filter(({ effect }) => effect === 'deny'),
      );
      const { actions, reason } = decision({ ...bare, subject: { ...world.subject, rights: [] } });
      return actions.length === 0 && reason === 'no matching right' ? undefined : { world, actions, reason };
    });
    expect(found).toBeUndefined();
  });
});

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
