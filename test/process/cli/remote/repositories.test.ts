import { expect, test } from 'vitest';
import { dockpassHome, startServe } from '../../../support/dockpass/dockpass.ts';
import type { Ran } from '../../../support/process/run.ts';
import { startStubRegistry } from '../../../support/remote/stub-registry.ts';

const images = {
  'team/app': { '1.0': 'one', '1.0.0': 'one', '2.0': 'two' },
  'team/empty': {},
  'v3/app': { '1.0': 'one', '1.0.0': 'one' },
};

test('repo gives the same outcome through the registry and through the API of a server', async () => {
  const registries = [await startStubRegistry(images), await startStubRegistry(images)] as const;
  const local = await startServe({ config: { registries: [registries[0]] } });
  const server = await startServe({ config: { registries: [registries[1]] } });
  await server.must(['user', 'add', 'boss', '--role', 'admin', '--password-stdin'], {
    input: 'correct horse battery',
  });
  const { stdout } = await server.must(['token', 'create', 'cli', '--user', 'boss', '--api']);
  const env = { DOCKPASS_URL: server.url, DOCKPASS_TOKEN: stdout.trim() };
  const elsewhere = await dockpassHome({ database: false });

  const outcomeOf = ({ status, stdout, stderr }: Ran) => ({
    status,
    stdout,
    // The message names the registry, or the server whose registry it is.
    stderr: stderr
      .replaceAll(new URL(registries[0]).host, 'HOST')
      .replaceAll(new URL(server.url).host, 'HOST')
      .replaceAll(new URL(registries[1]).host, 'HOST'),
  });
  const digest = `sha256:${'0'.repeat(64)}`;
  for (const line of [
    'repo list',
    'repo list --json',
    'repo tags team/app',
    'repo tags team/app --json',
    'repo tags team/empty',
    'repo tags team/none',
    'repo tags TEAM',
    'repo delete team/app:9.9 --yes',
    `repo delete team/app@${digest} --yes`,
    'repo delete team/none:1.0 --yes',
    'repo delete team/app',
    'repo delete team/app:1.0 --dry-run',
    'repo delete team/app:1.0',
    'repo delete team/app:1.0 --yes',
    'repo delete v3/app:1.0 --dry-run',
    'repo delete v3/app:1.0 --yes',
  ]) {
    const words = line.split(' ');
    const [here, there] = [await local.cli(words), await elsewhere.cli(words, { env })];
    expect.soft({ line, ...outcomeOf(there) }).toEqual({ line, ...outcomeOf(here) });
  }
  // A registry that can delete single tags keeps the others.
  for (const [repository, left] of [
    ['team/app', '2.0'],
    ['v3/app', '1.0.0'],
  ] as const)
    expect((await elsewhere.cli(['repo', 'tags', repository], { env })).stdout).toBe(`${left}\n`);
  const rejected = await elsewhere.cli(['repo', 'list', '--registry', registries[0]], { env });
  expect(rejected).toMatchObject({ status: 2, stdout: '' });
});
