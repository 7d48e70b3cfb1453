import { describe, expect, test } from 'vitest';
import type { NewStoredTrustRule, Store, TrustCandidate } from '../../../../src/store/store.ts';

function rule(name: string, change: Partial<NewStoredTrustRule> = {}): NewStoredTrustRule {
  return {
    name,
    definition: { issuer: 'github', when: { ref: ['refs/heads/main'] }, only: ['team/**:pull,push'] },
    pins: [],
    candidate: null,
    createdAt: 1_700_000_000,
    ...change,
  };
}

const candidate: TrustCandidate = {
  claims: { repository_id: '260064828', actor: 'ünal', nested: { list: [1, true, null] } },
  seenAt: 4_000_000_000,
  address: '2001:db8::1',
  other: { claims: { repository_id: '5' }, seenAt: 4_000_000_001, address: '192.0.2.1' },
};

/** Tests the trust rules in the database, which must behave the same in every backend. */
export function trustRulesBehaviour(backend: string, newStore: () => Promise<Store>): void {
  describe(`${backend}: trust rules`, () => {
    test('a rule is found with all fields', async () => {
      const { trustRules } = await newStore();
      const web = rule('web', { pins: ['repository_id', 'kubernetes.io/namespace'], candidate });
      expect(await trustRules.add(web)).toBe(true);
      expect(await trustRules.find('web')).toEqual({ ...web, position: 1 });
      expect(await trustRules.find('Web')).toBeUndefined();
    });

    test('the list has the order in which the rules were added, whatever their names and times', async () => {
      const { trustRules } = await newStore();
      const [first, second, third] = [rule('m'), rule('z', { createdAt: 1 }), rule('a')];
      for (const each of [first, second, third]) await trustRules.add(each);
      expect(await trustRules.list()).toEqual(
        [first, second, third].map((each, at) => ({ ...each, position: at + 1 })),
      );
      await trustRules.remove('z');
      await trustRules.add(second);
      expect((await trustRules.list()).map(({ name }) => name)).toEqual(['m', 'a', 'z']);
    });

    test('a name exists only once, and the first rule does not change', async () => {
      const { trustRules } = await newStore();
      await trustRules.add(rule('web'));
      expect(await trustRules.add(rule('web', { definition: { issuer: 'gitlab' } }))).toBe(false);
      expect(await trustRules.list()).toMatchObject([rule('web')]);
    });

    test('a confirmed rule has the new definition, no pins and no candidate', async () => {
      const { trustRules } = await newStore();
      await trustRules.add(rule('web', { pins: ['repository_id'], candidate }));
      const definition = { issuer: 'github', when: { repository_id: ['260064828'] } };
      expect(await trustRules.confirm('web', definition)).toBe(true);
      expect(await trustRules.find('web')).toMatchObject(rule('web', { definition }));
      expect(await trustRules.confirm('none', definition)).toBe(false);
    });

    test('a candidate is stored and replaced', async () => {
      const { trustRules } = await newStore();
      await trustRules.add(rule('web', { pins: ['repository_id'] }));
      for (const each of [{ claims: {}, seenAt: 1, address: '' }, candidate]) {
        expect(await trustRules.setCandidate('web', each)).toBe(true);
        expect((await trustRules.find('web'))?.candidate).toEqual(each);
      }
      expect(await trustRules.setCandidate('none', candidate)).toBe(false);
    });

    test('a removed rule is gone', async () => {
      const { trustRules } = await newStore();
      await trustRules.add(rule('web'));
      expect([await trustRules.remove('web'), await trustRules.remove('web')]).toEqual([true, false]);
      expect(await trustRules.list()).toEqual([]);
    });

    test('what grants access is counted as a change, and a candidate is not', async () => {
      const store = await newStore();
      const { trustRules } = store;
      const seen: unknown[] = [store.changes()];
      const expectCounted = (): void => {
        expect(store.changes()).not.toBe(seen.at(-1));
        seen.push(store.changes());
      };
      await trustRules.add(rule('web', { pins: ['repository_id'] }));
      expectCounted();
      await trustRules.setCandidate('web', candidate);
      expect(store.changes()).toBe(seen.at(-1));
      await trustRules.confirm('web', { issuer: 'github' });
      expectCounted();
      await trustRules.remove('web');
      expectCounted();
    });
  });
}
