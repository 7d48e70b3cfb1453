import pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { findMissingAudiences } from '../../../src/admin/missing-audiences.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { startPostgres, type PostgresCluster } from '../../support/database/postgres.ts';
import { afterwards } from '../../support/run/afterwards.ts';
import { needs } from '../../support/run/parts.ts';
import { accountsBehaviour } from '../../unit/admin/behaviour/accounts-behaviour.ts';
import type { AdminDatabase } from '../../unit/admin/behaviour/admin-database.ts';
import { auditBehaviour } from '../../unit/admin/behaviour/audit-behaviour.ts';
import { audiencesBehaviour, configWithAudiences } from '../../unit/admin/behaviour/audiences-behaviour.ts';
import { entryBehaviour } from '../../unit/admin/behaviour/entry-behaviour.ts';
import { keysBehaviour } from '../../unit/admin/behaviour/keys-behaviour.ts';
import { narrowingBehaviour } from '../../unit/admin/behaviour/narrowing-behaviour.ts';
import { previewBehaviour } from '../../unit/admin/behaviour/preview-behaviour.ts';
import { reviewBehaviour } from '../../unit/admin/behaviour/review-behaviour.ts';
import { rightsBehaviour } from '../../unit/admin/behaviour/rights-behaviour.ts';
import { robotsBehaviour } from '../../unit/admin/behaviour/robots-behaviour.ts';
import { trustBehaviour } from '../../unit/admin/behaviour/trust-behaviour.ts';

needs('postgres')('administration on PostgreSQL', () => {
  let cluster: PostgresCluster;
  beforeAll(async () => {
    cluster = await startPostgres({ fsync: 'off' });
  });

  const newDatabase = async (): Promise<AdminDatabase> => {
    const location = await cluster.newDatabaseWithTables();
    return {
      location,
      connect: async () => {
        const store = await openStore(location);
        afterwards(() => store.close());
        return store;
      },
      execute: async (...statements) => {
        for (const statement of statements) await run(location, statement);
      },
      rejectRowsOf: async (table) => {
        await run(location, `alter table ${table} add constraint reject check (false) not valid`);
        return () => run(location, `alter table ${table} drop constraint reject`);
      },
    };
  };

  accountsBehaviour('PostgreSQL', newDatabase);
  keysBehaviour('PostgreSQL', newDatabase);
  auditBehaviour('PostgreSQL', newDatabase);
  audiencesBehaviour('PostgreSQL', newDatabase);
  narrowingBehaviour('PostgreSQL', newDatabase);
  previewBehaviour('PostgreSQL', newDatabase);
  reviewBehaviour('PostgreSQL', newDatabase);
  rightsBehaviour('PostgreSQL', newDatabase);
  robotsBehaviour('PostgreSQL', newDatabase);
  entryBehaviour('PostgreSQL', newDatabase);
  trustBehaviour('PostgreSQL', newDatabase);

  test('looking up the names in policy rules creates no tables', async () => {
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

  test('looking up the names in policy rules does not update the tables of an older version', async () => {
    const location = await cluster.newDatabase();
    await (await openStore(location)).close();
    const client = new pg.Client(location);
    await client.connect();
    afterwards(() => client.end());
    const newest = '(select max(number) from migrations)';
    await client.query(`delete from migrations where number = ${newest}`);
    const applied = async () => (await client.query('select number from migrations order by number')).rows;
    const before = await applied();
    expect(await findMissingAudiences(await configWithAudiences(location))).toEqual([
      expect.stringContaining('the database is from an older version of dockpass'),
    ]);
    expect(await applied()).toEqual(before);
  });
});

async function run(location: string, statement: string): Promise<void> {
  const client = new pg.Client(location);
  await client.connect();
  await client.query(statement);
  await client.end();
}
