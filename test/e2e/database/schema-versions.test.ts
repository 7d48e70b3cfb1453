import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { expect, test } from 'vitest';
import { allMigrations } from '../../../src/store/migration/migrate.ts';
import { needs } from '../../support/run/parts.ts';
import { startPostgres } from '../../support/database/postgres.ts';
import { until } from '../../support/process/ready.ts';
import { installedCopy } from '../../support/dockpass/installed-copy.ts';
import { startServerGroup } from '../../support/dockpass/server-group.ts';
import { run } from '../../support/process/run.ts';
import { password, tokenAsker } from '../../support/dockpass/token-requests.ts';

// Tests the decision of docs/adr/0024. The old version is this build. The newer version is a copy of this build with
// one more migration.

const newest = allMigrations().at(-1)?.number ?? 0;
const next = newest + 1;

/** Copies this build and adds a migration, as in a later version. @returns the path of its dockpass.js */
async function laterBuild(migration: string): Promise<string> {
  const directory = await installedCopy();
  await writeFile(join(directory, 'migrations', `${String(next).padStart(4, '0')}_later.sql`), migration);
  return join(directory, 'bin', 'dockpass.js');
}

const expand = `alter table users add column nickname text;
create table nicknames (name text not null primary key);
insert into schema_compatibility (number, works_with) values (${next}, ${newest});
`;
const contract = 'alter table users drop column nickname;\n';

needs('postgres')('two versions on one database', () => {
  test('run side by side after a migration that only adds; after one that removes, the older version cannot start', async () => {
    const database = await (await startPostgres({ fsync: 'off' })).newDatabase();
    const replicas = await startServerGroup(1, database);
    const [old] = replicas.servers as [(typeof replicas.servers)[number]];
    const newer = await laterBuild(expand);
    const byNewer = (args: readonly string[], input = '') =>
      run(process.execPath, [newer, ...args], { cwd: old.directory, env: old.env, input });
    const ask = tokenAsker(old.port);

    const added = await byNewer(['user', 'add', 'alice', '--password-stdin'], `${password}\n`);
    expect([added.status, added.stderr]).toEqual([0, expect.any(String)]);
    await until('the old server to let alice in', {}, async () =>
      (await ask({ user: 'alice' })).status === 200 ? true : undefined,
    );
    // The old CLI and a restarted old server also work with the newer schema.
    await old.addUser('bob', password);
    await old.process.stop();
    await replicas.start(0);
    const restarted = replicas.servers[0] as (typeof replicas.servers)[number];
    expect((await tokenAsker(restarted.port)({ user: 'bob' })).status).toBe(200);
    expect((await byNewer(['user', 'list'])).stdout).toMatch(/^bob/m);
    const moved = await old.cli(['move-store', '--to', join(old.directory, 'copy.db')]);
    expect([moved.status, moved.stderr]).toEqual([1, expect.stringMatching(/in use by dockpass/)]);
    await restarted.process.stop();
    const incomplete = await old.cli(['move-store', '--to', join(old.directory, 'copy.db')]);
    expect([incomplete.status, incomplete.stderr]).toEqual([
      1,
      expect.stringMatching(/tables of a newer version of dockpass/),
    ]);

    const contracting = await laterBuild(expand);
    await writeFile(
      join(contracting, '..', '..', 'migrations', `${String(next + 1).padStart(4, '0')}_contract.sql`),
      contract,
    );
    const contracted = await run(process.execPath, [contracting, 'user', 'list'], {
      cwd: old.directory,
      env: old.env,
    });
    expect(contracted.stdout).toMatch(/^alice/m);
    const refused = await old.cli(['user', 'list']);
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringMatching(/Run the newer version/)]);
    const client = new pg.Client(database);
    await client.connect();
    const { rows } = await client.query('select number from migrations order by number desc limit 1');
    await client.end();
    expect(rows).toEqual([{ number: String(next + 1) }]);
  });
});
