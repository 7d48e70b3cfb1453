import pg from 'pg';
import { beforeAll, expect, test, vi } from 'vitest';
import { findMissingAudiences } from '../../../src/admin/missing-audiences.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { startPostgres, type PostgresCluster } from '../../support/database/postgres.ts';
import { afterwards } from '../../support/run/afterwards.ts';
import { needs } from '../../support/run/parts.ts';
import { accountsBehaviour } from '../../unit/admin/behaviour/accounts-behaviour.ts';
import type { AdminDatabase } from '../../unit/admin/behaviour/admin-database.ts';
import { audiencesBehaviour, configWithAudiences } from '../../unit/admin/behaviour/audiences-behaviour.ts';
import { keysBehaviour } from '../../unit/admin/behaviour/keys-behaviour.ts';
import { narrowingBehaviour } from '../../unit/admin/behaviour/narrowing-behaviour.ts';

// Every test has a database of its own, and makes several connections to it.
vi.setConfig({ testTimeout: 60_000 });

needs('postgres')('administration on PostgreSQL', () => {
  let cluster: PostgresCluster;
  beforeAll(async () => {
    cluster = await startPostgres({ fsync: 'off' });
  }, 60_000);

  const newDatabase = async (): Promise<AdminDatabase> => {
    const location = await cluster.newDatabase();
    return {
      location,
      connect: async () => {
        const store = await openStore(location);
        afterwards(() => store.close());
        return store;
      },
      rejectRowsOf: async (table) => {
        await run(location, `alter table ${table} add constraint reject check (false) not valid`);
        return () => run(location, `alter table ${table} drop constraint reject`);
      },
    };
  };

  accountsBehaviour('PostgreSQL', newDatabase);
  keysBehaviour('PostgreSQL', newDatabase);
  audiencesBehaviour('PostgreSQL', newDatabase);
  narrowingBehaviour('PostgreSQL', newDatabase);

  test('a look for the names in policy rules creates no tables', async () => {
    const location = await cluster.newDatabase();
    expect(await findMissingAudiences(await configWithAudiences(location))).toEqual([]);
    const client = new pg.Client(location);
    await client.connect();
    const { rows } = await client.query(
      "select from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'",
    );
    await client.end();
    expect(rows).toEqual([]);
  });
});

async function run(location: string, statement: string): Promise<void> {
  const client = new pg.Client(location);
  await client.connect();
  await client.query(statement);
  await client.end();
}
