import { beforeAll, expect, test } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { afterwards } from '../support/afterwards.ts';
import { needs } from '../support/parts.ts';
import { startPostgres, type PostgresCluster } from '../support/postgres.ts';
import { sealedKeysBehaviour } from './sealed-keys-behaviour.ts';
import { storeBehaviour } from './store-behaviour.ts';

needs('postgres')('a store in PostgreSQL', () => {
  // One server for the file, a database for each test.
  let cluster: PostgresCluster;
  beforeAll(async () => {
    cluster = await startPostgres({ fsync: 'off' });
  }, 60_000);
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

  sealedKeysBehaviour('PostgreSQL', async () => {
    const url = await newUrl();
    return [await open(url), await open(url)];
  });

  test('several starts at once make the schema once', async () => {
    const url = await newUrl();
    const stores = await Promise.all([open(url), open(url), open(url)]);
    for (const store of stores) expect(await store.users.list()).toEqual([]);
  });

  test('writers at once keep the audit chain whole', async () => {
    const url = await newUrl();
    const stores = await Promise.all([open(url), open(url)]);
    const change = (store: Store, at: number): Promise<void> =>
      store.change({ at, subject: '', what: `change ${at}` }, async () => {});
    await Promise.all(stores.flatMap((store) => Array.from({ length: 20 }, (_, at) => change(store, at))));
    expect(await stores[0]?.auditLog.list({})).toHaveLength(40);
    expect(await stores[0]?.auditLog.verify()).toBeUndefined();
  });
});
