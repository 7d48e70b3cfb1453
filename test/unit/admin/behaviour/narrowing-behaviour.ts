import { describe, expect, test } from 'vitest';
import { addGrant } from '../../../../src/admin/rights/grants.ts';
import { addGroup, joinGroup } from '../../../../src/admin/groups.ts';
import { leavingNarrows, removingGrantNarrows } from '../../../../src/admin/rights/narrowing.ts';
import type { Action, Role } from '../../../../src/policy/rights.ts';
import type { Store } from '../../../../src/store/store.ts';
import { configIn } from '../../../support/dockpass/settings.ts';
import { temporaryDirectory } from '../../../support/run/temp.ts';
import { add, clock, type NewAdminDatabase } from './admin-database.ts';

type Grant = readonly [subject: string, pattern: string, actions: readonly Action[]];

/**
 * Tests which changes are recognized as narrowing, that is, as taking rights away from a user. The command line asks
 * for confirmation only before these changes.
 */
export function narrowingBehaviour(backend: string, newDatabase: NewAdminDatabase): void {
  const storeWith = async (role: Role, grants: readonly Grant[]): Promise<Store> => {
    const store = await (await newDatabase()).connect();
    await add(store, 'alice', role);
    await addGroup(store, clock, 'dev');
    await joinGroup(store, clock, { group: 'dev', user: 'alice' });
    for (const [subject, pattern, actions] of grants)
      await addGrant(store, clock, { subject, pattern, actions });
    return store;
  };
  const dev: Grant = ['group:dev', 'team/**', ['pull', 'push']];

  describe(`${backend}: leaving a group`, () => {
    test.each<[boolean, string, Role, readonly Grant[]]>([
      [false, 'the group has no grants', 'writer', []],
      [true, 'no grant is left', 'writer', [dev]],
      [true, 'other grants stay, which give less', 'writer', [dev, ['alice', 'team/**', ['pull']]]],
      [false, 'another grant gives the same', 'reader', [dev, ['alice', 'team/**', ['*']]]],
      [false, 'another grant is on everything', 'reader', [dev, ['alice', '**', ['pull', 'push']]]],
    ])('narrows: %s, if %s', async (narrows, _when, role, grants) => {
      const store = await storeWith(role, grants);
      expect(await leavingNarrows(store, [], { group: 'Dev', user: 'Alice' })).toBe(narrows);
    });

    test('narrows if a policy rule allows the group something', async () => {
      const store = await storeWith('writer', []);
      const rules = [{ allow: ['delete'], to: ['group:dev'], on: ['team/**'] }];
      const { policy } = await configIn(await temporaryDirectory('narrowing'), { policy: rules });
      expect(await leavingNarrows(store, policy, { group: 'dev', user: 'alice' })).toBe(true);
    });

    test('narrows nothing for a user who is not a member', async () => {
      const store = await storeWith('reader', [dev]);
      await add(store, 'bob');
      for (const user of ['bob', 'no-such-user'])
        expect(await leavingNarrows(store, [], { group: 'dev', user })).toBe(false);
    });
  });

  describe(`${backend}: removing a grant`, () => {
    test('narrows if its user, or a member of its group, then holds less', async () => {
      const own: Grant = ['alice', 'own/**', ['*']];
      const store = await storeWith('writer', [dev, own]);
      await addGroup(store, clock, 'empty');
      await addGrant(store, clock, { subject: 'group:empty', pattern: '**', actions: ['pull'] });
      const narrows = (kind: 'user' | 'group', name: string, pattern: string) =>
        removingGrantNarrows(store, { kind, name }, pattern);
      expect(await narrows('user', 'alice', 'own/**')).toBe(true);
      expect(await narrows('group', 'group:dev', 'team/**')).toBe(true);
      expect(await narrows('group', 'group:dev', 'other/**')).toBe(false);
      expect(await narrows('group', 'group:empty', '**')).toBe(false);
    });
  });
}
