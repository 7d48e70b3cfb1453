import { beforeAll, expect, test } from 'vitest';
import { openStore } from '../../../src/store/open-store.ts';
import type { RefreshToken, Store } from '../../../src/store/store.ts';
import { formatEventText } from '../../../src/audit/event-text.ts';
import { afterwards } from '../../support/run/afterwards.ts';
import { needs } from '../../support/run/parts.ts';
import { askPostgres, startPostgres, type PostgresCluster } from '../../support/database/postgres.ts';
import { encryptedKeysBehaviour } from './encrypted-keys-behaviour.ts';
import { pagingBehaviour } from './paging-behaviour.ts';
import { event as eventOf, storeBehaviour } from './store-behaviour.ts';
import { historyBehaviour } from './history-behaviour.ts';
import { usageBehaviour } from './usage-behaviour.ts';

needs('postgres')('a store in PostgreSQL', () => {
  // All tests share one server, and each has its own database.
  let cluster: PostgresCluster;
  beforeAll(async () => {
    cluster = await startPostgres({ fsync: 'off' });
  });
  const newUrl = (): Promise<string> => cluster.newDatabase();
  const open = async (url: string): Promise<Store> => {
    const store = await openStore(url);
    afterwards(() => store.close());
    return store;
  };

  storeBehaviour('PostgreSQL', async () => {
    const url = await newUrl();
    return { connect: () => open(url) };
  });

  usageBehaviour(
    'PostgreSQL',
    async () => {
      const url = await newUrl();
      return { connect: () => open(url) };
    },
    30,
  );

  historyBehaviour('PostgreSQL', async () => {
    const url = await newUrl();
    return { connect: () => open(url) };
  });

  pagingBehaviour('PostgreSQL', async () => open(await newUrl()));

  encryptedKeysBehaviour('PostgreSQL', async () => {
    const url = await newUrl();
    return [await open(url), await open(url)];
  });

  test('several starts at once create the schema once', async () => {
    const url = await newUrl();
    const stores = await Promise.all([open(url), open(url), open(url)]);
    for (const store of stores) expect(await store.users.list()).toEqual([]);
  });

  test('concurrent writers do not break the audit chain', async () => {
    const url = await newUrl();
    const stores = await Promise.all([open(url), open(url)]);
    const change = (store: Store, at: number): Promise<void> =>
      store.change({ at, subject: '', what: `change ${at}` }, async () => {});
    await Promise.all(stores.flatMap((store) => Array.from({ length: 20 }, (_, at) => change(store, at))));
    expect(await stores[0]?.auditLog.list({})).toHaveLength(40);
    expect(await stores[0]?.auditLog.verify()).toBeUndefined();
  });

  test('if several processes write at once, sessions, last uses, changes and audit rows are correct afterwards', async () => {
    const url = await newUrl();
    const stores = await Promise.all([open(url), open(url), open(url), open(url)]);
    const [first] = stores;
    for (const name of ['alice', 'bob'])
      await first.users.add({
        name,
        role: 'writer',
        passwordHash: null,
        disabled: false,
        createdAt: 1,
        changedAt: 1,
      });
    const session = (id: string, user: string): RefreshToken => ({
      ...{ hash: id.padEnd(64, '0'), id, user, service: 'registry', host: 'localhost', client: 'test' },
      ...{ createdAt: 1, expiresAt: 10_000, lastUse: { at: 1, from: 'nowhere' } },
    });
    const ids = Array.from({ length: 12 }, (_, at) => `s${String(at).padStart(2, '0')}`);
    await Promise.all(
      ids.map((id, at) => stores[at % 4]?.refreshTokens.add(session(id, at % 2 === 0 ? 'alice' : 'bob'))),
    );
    // Each process writes the last uses of all, in its own order and with its own clock. Meanwhile one removes bob and
    // his tokens.
    const uses = (at: number, from: string, order: readonly string[]) =>
      new Map(order.map((id) => [session(id, '').hash, { at, from }]));
    await Promise.all([
      ...stores.flatMap((store, at) =>
        [3, 9, 5].map((time) =>
          store.refreshTokens.used(
            uses(time * 10 + at, `server ${at}`, at % 2 === 0 ? ids : [...ids].reverse()),
          ),
        ),
      ),
      ...stores.map((store, at) => store.auditLog.append([formatEventText(eventOf(at))])),
      first.change({ at: 5, subject: '', what: 'user bob removed' }, ({ users }) => users.remove('bob')),
    ]);
    const left = await first.refreshTokens.list();
    expect(left.map(({ id }) => id).sort()).toEqual(ids.filter((_, at) => at % 2 === 0));
    for (const { lastUse } of left) expect(lastUse).toEqual({ at: 93, from: 'server 3' });
    expect(await first.auditLog.list({})).toHaveLength(5);
    expect(await first.auditLog.verify()).toBeUndefined();
  });

  test('with a staleness of 0, the counter of changes grows with every call', async () => {
    const store = await openStore(await newUrl(), 0);
    afterwards(() => store.close());
    expect(store.changes()).toBeLessThan(store.changes());
  });

  test('if a connection ends during a statement, only that statement fails', async () => {
    const url = await newUrl();
    const store = await open(url);
    const ending = store.change({ at: 1, subject: '', what: 'nothing' }, async ({ users }) => {
      await users.list();
      await askPostgres(
        cluster,
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${new URL(url).pathname.slice(1)}'`,
      );
      await users.list();
    });
    await expect(ending).rejects.toMatchObject({ code: 'database' });
    await expect.poll(() => store.users.list().catch(() => undefined)).toEqual([]);
  });
});
