import { beforeAll, expect, test } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { afterwards } from '../support/afterwards.ts';
import { needs } from '../support/parts.ts';
import { startPostgres, type PostgresCluster } from '../support/postgres.ts';
import { sealedKeysBehaviour } from './sealed-keys-behaviour.ts';
import { storeBehaviour } from './store-behaviour.ts';
import pg from 'pg';

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

  const at = (url: string, change: (wrong: URL) => void): string => {
    const wrong = new URL(url);
    change(wrong);
    return wrong.href;
  };
  test.each([
    ['the port', (wrong: URL) => (wrong.port = '1'), /nothing listens on 127\.0\.0\.1:1/],
    ['the host', (wrong: URL) => (wrong.hostname = 'nowhere.invalid'), /host nowhere\.invalid/],
    ['the database', (wrong: URL) => (wrong.pathname = '/missing'), /no database missing: createdb missing/],
    ['the role', (wrong: URL) => (wrong.username = 'mallory'), /role mallory/],
  ])('a URL that is wrong in %s is refused with one line', async (_part, change, message) => {
    const url = at(await newUrl(), change);
    const error = await openStore(url).then(
      () => undefined,
      (refused: unknown) => refused as Error,
    );
    expect(error).toMatchObject({ code: 'database', message: expect.stringMatching(message) as string });
    expect(error?.message.split('\n')).toHaveLength(1);
  });

  test("a role without rights, and another program's database, are refused; nothing is made", async () => {
    const url = await newUrl();
    const admin = new pg.Client(url);
    await admin.connect();
    await admin.query('create role guest login');
    await expect(openStore(at(url, (guest) => (guest.username = 'guest')))).rejects.toThrow(
      /guest may not create tables/,
    );
    await admin.query('create table invoices (id int)');
    await expect(openStore(url)).rejects.toThrow(/belongs to another program/);
    const { rows } = await admin.query(
      "select table_name from information_schema.tables where table_schema = 'public'",
    );
    await admin.end();
    expect(rows).toEqual([{ table_name: 'invoices' }]);
  });

  test('a newer schema is refused', async () => {
    const url = await newUrl();
    await (await openStore(url)).close();
    const admin = new pg.Client(url);
    await admin.connect();
    await admin.query("insert into migrations values (9999, 'from the future')");
    await expect(openStore(url)).rejects.toThrow(/run the newer version/);
    // Unless it says that we can live with it.
    await admin.query('insert into schema_compatibility values (9999, 9998)');
    await expect(openStore(url)).rejects.toThrow(/run the newer version/);
    await admin.query('update schema_compatibility set works_with = 8 where number = 9999');
    await admin.end();
    await (await openStore(url)).close();
  });
});
