import { expect, test } from 'vitest';
import { dockpassHome } from '../../support/dockpass/dockpass.ts';

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
