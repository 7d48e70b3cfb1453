import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { askPostgres, startPostgres } from '../../support/database/postgres.ts';
import { dockpassHome } from '../../support/dockpass/dockpass.ts';
import { needs } from '../../support/run/parts.ts';

const moved = ['move-store', '--to', 'other.db'];

test('move-store --json prints the tables, and says on stderr what to do next', async () => {
  const home = await dockpassHome({ config: { database: 'dockpass.db' } });
  await home.addUser('alice', 'correct horse battery');
  const first = await home.must([...moved, '--json']);
  const tables = JSON.parse(first.stdout) as { name: string; rows: number; digest: string }[];
  expect(tables.find(({ name }) => name === 'users')).toEqual({
    name: 'users',
    rows: 1,
    digest: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
  });
  expect(first.stderr).toMatch(/change line 1 of dockpass\.yml to "database: .*\/other\.db"/);
  // If stderr is not a terminal, the command shows no progress.
  expect(first.stderr).not.toContain('\r');

  const again = await home.must(moved);
  expect(again.stdout).toMatch(/^TABLE +ROWS +DIGEST\n/);
  expect(again.stderr).toContain('Nothing was written.');
  const users = await home.must(['user', 'list', '--json'], { env: { DOCKPASS_DATABASE: 'other.db' } });
  expect(JSON.parse(users.stdout)).toMatchObject([{ name: 'alice' }]);
});

test('move-store rejects the database that is in use', async () => {
  const home = await dockpassHome();
  const ran = await home.cli(['move-store', '--to', 'data/dockpass.db']);
  expect(ran).toMatchObject({ status: 2, stdout: '' });
  expect(ran.stderr).toContain('already in use');
});

test.each([
  [[], 'give either --to or --to-file'],
  [['--to', 'a.db', '--to-file', 'b'], 'give either --to or --to-file'],
  [['--to-file', 'missing'], 'cannot read the file in --to-file'],
  [['--to-file', '-'], 'must contain one line'],
])('move-store rejects the options %j', async (options, message) => {
  const home = await dockpassHome();
  const ran = await home.cli(['move-store', ...options], { input: '\n' });
  expect(ran).toMatchObject({ status: 2, stdout: '' });
  expect(ran.stderr).toContain(message);
});

test('move-store reads the path of a SQLite file from standard input', async () => {
  const home = await dockpassHome();
  await home.addUser('alice', 'correct horse battery');
  await home.must(['move-store', '--to-file', '-'], { input: 'other.db\n' });
  const users = await home.must(['user', 'list', '--json'], { env: { DOCKPASS_DATABASE: 'other.db' } });
  expect(JSON.parse(users.stdout)).toMatchObject([{ name: 'alice' }]);
});

needs('postgres')('a PostgreSQL database with a password', () => {
  const password = 'canary p@ss/w:rd?';

  test('is rejected as an argument, and accepted from a file; neither shows the password', async () => {
    const cluster = await startPostgres({ fsync: 'off' });
    const target = new URL(await cluster.newDatabase());
    await askPostgres(cluster, `create role keeper login password '${password}'`);
    await askPostgres(cluster, `alter database ${target.pathname.slice(1)} owner to keeper`);
    const home = await dockpassHome({ config: { database: 'dockpass.db' } });
    await home.addUser('alice', 'correct horse battery');
    target.username = 'keeper';
    target.password = encodeURIComponent(password);

    const rejected = await home.cli(['move-store', '--to', target.href]);
    expect(rejected).toMatchObject({ status: 2, stdout: '' });
    expect(rejected.stderr).toContain('dockpass move-store --to-file FILE');
    const tables = await askPostgres(cluster, 'select relname from pg_class where relname = $$users$$');
    expect(tables).toEqual([]);

    const file = join(home.directory, 'database-url');
    await writeFile(file, `${target.href}\n`, { mode: 0o600 });
    const copied = await home.must(['move-store', '--to-file', 'database-url']);
    expect(copied.stderr).toContain(`set the environment variable DOCKPASS_DATABASE_FILE to ${file}.`);
    for (const { stdout, stderr } of [rejected, copied]) expect(stdout + stderr).not.toContain('canary');

    // What the command says to do next works.
    const users = await home.must(['user', 'list', '--json'], { env: { DOCKPASS_DATABASE_FILE: file } });
    expect(JSON.parse(users.stdout)).toMatchObject([{ name: 'alice' }]);
  });
});
