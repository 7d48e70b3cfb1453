import { join } from 'node:path';
import { setImmediate as nextTick } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAccountFinder, readAccount } from '../../../src/identity/account.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { afterwards } from '../../support/run/afterwards.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

const name = fc.constantFrom('alice', 'bob');
const group = fc.constantFrom('team', 'ops');
const subject = fc.constantFrom('alice', 'bob', 'group:team', 'group:ops');
const pattern = fc.constantFrom('team/**', 'a');
const change = fc.oneof(
  fc.record({ kind: fc.constant('add user' as const), name }),
  fc.record({ kind: fc.constant('remove user' as const), name }),
  fc.record({
    kind: fc.constant('update user' as const),
    name,
    role: fc.constantFrom('admin' as const, 'reader' as const),
    disabled: fc.boolean(),
  }),
  fc.record({ kind: fc.constantFrom('add group' as const, 'remove group' as const), group }),
  fc.record({ kind: fc.constantFrom('join' as const, 'leave' as const), group, name }),
  fc.record({ kind: fc.constantFrom('grant' as const, 'revoke' as const), subject, pattern }),
);
type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never;

function apply({ users, groups, grants }: Store, each: Change): Promise<unknown> {
  switch (each.kind) {
    case 'add user':
      return users.add({
        name: each.name,
        role: 'writer',
        passwordHash: null,
        disabled: false,
        createdAt: 1,
        changedAt: 1,
      });
    case 'remove user':
      return users.remove(each.name);
    case 'update user':
      return users.update(each.name, { role: each.role, disabled: each.disabled, changedAt: 2 });
    case 'add group':
      return groups.add(each.group, 1);
    case 'remove group':
      return groups.remove(each.group);
    case 'join':
      return groups.join(each.group, each.name).catch(() => 'no such group or user');
    case 'leave':
      return groups.leave(each.group, each.name);
    case 'grant':
      return grants.put({ subject: each.subject, pattern: each.pattern, actions: ['pull'], createdAt: 1 });
    case 'revoke':
      return grants.remove(each.subject, each.pattern);
  }
}

test('a cached account is the one in the database, after random changes by this and another process', async () => {
  const location = join(await temporaryDirectory('account'), 'dockpass.db');
  const [own, other] = [await openStore(location), await openStore(location)];
  afterwards(() => own.close());
  afterwards(() => other.close());
  const find = createAccountFinder(own);
  const step = fc.record({ change, byOther: fc.boolean() });
  let found = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 20 }), async (steps) => {
      for (const { change, byOther } of steps) {
        await apply(byOther ? other : own, change);
        // The next request arrives in a later tick.
        await nextTick();
        for (const name of ['alice', 'bob']) {
          const account = await find(name);
          expect(account).toStrictEqual(await readAccount(own, name));
          if (account !== undefined) found++;
        }
      }
    }),
    { numRuns: 20 },
  );
  // Check that users existed.
  expect(found).toBeGreaterThan(0);
});
