import { beforeAll, describe, expect, test } from 'vitest';
import type { PageFilter, Store } from '../../../src/store/store.ts';

const people = 250;
const nameOf = (number: number): string => `user-${String(number).padStart(4, '0')}`;

/** Tests that every backend must pass, for the methods that read one page of a list. */
export function pagingBehaviour(backend: string, newStore: () => Promise<Store>): void {
  describe(`${backend}: pages`, () => {
    let store: Store;

    beforeAll(async () => {
      store = await newStore();
      await store.change({ at: 1, subject: '', what: 'filled' }, async ({ users, groups, grants }) => {
        for (let number = 0; number < people; number++) {
          const name = nameOf(number);
          const times = { createdAt: 1, changedAt: 1 };
          await users.add({ name, role: 'writer', passwordHash: null, disabled: false, ...times });
          await groups.add(`group-${name}`, 1);
          await grants.put({ subject: name, pattern: `home/${name}`, actions: ['pull'], createdAt: 1 });
          await grants.put({ subject: name, pattern: 'shared_100%/**', actions: ['pull'], createdAt: 1 });
        }
        await groups.join('group-user-0003', 'user-0001');
        await groups.join('group-user-0002', 'user-0001');
      });
    });

    /** Reads all pages, and after each page calls `between`. */
    async function readAll<Item, Key>(
      read: (filter: PageFilter<Key>) => Promise<Item[]>,
      keyOf: (item: Item) => Key,
      between: (page: readonly Item[]) => Promise<void> = async () => {},
    ): Promise<Item[]> {
      const all: Item[] = [];
      for (let after: Key | undefined; ;) {
        const page = await read({ limit: 40, after });
        all.push(...page);
        const last = page.at(-1);
        if (last === undefined) return all;
        after = keyOf(last);
        await between(page);
      }
    }

    test('contain each user once, with the names of the groups', async () => {
      const read = await readAll(store.users.page, ({ user }) => user.name);
      expect(read.map(({ user }) => user.name)).toEqual(
        Array.from({ length: people }, (_, at) => nameOf(at)),
      );
      expect(read[1]?.groups).toEqual(['group-user-0002', 'group-user-0003']);
      expect(read[2]?.groups).toEqual([]);
    });

    test('contain each robot once, in the order of the names', async () => {
      const names = Array.from({ length: 90 }, (_, at) => `robot-${String(at).padStart(2, '0')}`);
      for (const name of names)
        await store.robots.add(
          { name, only: [], disabled: false, createdAt: 1, expiresAt: null, lastUse: null },
          { hash: `hash of ${name}`, robot: name, createdAt: 1, expiresAt: null },
        );
      const read = await readAll(store.robots.page, ({ name }) => name);
      expect(read.map(({ name }) => name)).toEqual(names);
      const found = await store.robots.page({ limit: 10, contains: '-8' });
      expect(found.map(({ name }) => name)).toEqual(names.filter((name) => name.includes('-8')));
    });

    test('contain each group once, with its members', async () => {
      const read = await readAll(store.groups.page, ({ name }) => name);
      expect(new Set(read.map(({ name }) => name)).size).toBe(people);
      expect(read).toHaveLength(people);
      expect(read[3]?.members).toEqual(['user-0001']);
      expect(await store.groups.find('group-user-0003')).toEqual(read[3]);
      expect(await store.groups.find('group-unknown')).toBeUndefined();
    });

    test('contain each grant once', async () => {
      const read = await readAll(store.grants.page, ({ subject, pattern }) => ({ subject, pattern }));
      expect(read).toEqual(await store.grants.list());
      expect(read).toHaveLength(2 * people);
      const ofOne = await store.grants.page({ limit: 10 }, { subject: 'user-0007' });
      expect(ofOne.map(({ pattern }) => pattern)).toEqual(['home/user-0007', 'shared_100%/**']);
      const one = await store.grants.page({ limit: 10 }, { subject: 'user-0007', pattern: 'home/user-0007' });
      expect(one).toHaveLength(1);
    });

    test('contain what was there from beginning to end, while users are added and removed', async () => {
      let round = 0;
      const read = await readAll(
        store.users.page,
        ({ user }) => user.name,
        async (page) => {
          round++;
          await store.users.remove(page[0]?.user.name ?? '');
          const added = { role: 'writer', passwordHash: null, disabled: false } as const;
          await store.users.add({ name: `user-0000-${round}`, ...added, createdAt: 1, changedAt: 1 });
          await store.users.add({ name: `zz-${round}`, ...added, createdAt: 1, changedAt: 1 });
        },
      );
      const names = read.map(({ user }) => user.name);
      expect(new Set(names).size).toBe(names.length);
      expect(names).toEqual(
        expect.arrayContaining(
          Array.from({ length: people }, (_, at) => nameOf(at)).filter((_, at) => at > 0),
        ),
      );
    });

    test.each([
      ['0007', ['user-0007']],
      ['USER-0007', ['user-0007']],
      ['%', []],
      ['user_0007', []],
      ['\\', []],
      ["'", []],
    ])('find users by the literal text %s', async (contains, names) => {
      const found = await store.users.page({ limit: 100, contains });
      expect(found.map(({ user }) => user.name)).toEqual(names);
    });

    test('find grants by a part of the pattern that has special characters in SQL', async () => {
      const found = await store.grants.page({ limit: 1000, contains: 'd_100%' });
      expect(new Set(found.map(({ pattern }) => pattern))).toEqual(new Set(['shared_100%/**']));
      expect(await store.grants.page({ limit: 1000, contains: 'd_1_0%' })).toEqual([]);
    });
  });
}
