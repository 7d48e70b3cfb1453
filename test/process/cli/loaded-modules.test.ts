import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { dockpassHome, type DockpassHome } from '../../support/dockpass/dockpass.ts';
import { run } from '../../support/process/run.ts';
import { afterwards } from '../../support/run/afterwards.ts';
import { repository } from '../../support/run/environment.ts';

let home: DockpassHome;

beforeAll(async () => {
  home = await dockpassHome();
  await home.must(['user', 'list']);
});

// `--help` creates all commands, so a library that the definition of any command imports is in this list.
test('help loads no library except commander', async () => {
  expect(await loadedBy(['--help'])).toEqual(['commander']);
});

test('a completion script loads no library except commander', async () => {
  expect(await loadedBy(['completion', 'bash'])).toEqual(['commander']);
});

test.each(['user list', 'group list', 'grant list', 'token list', 'robot list', 'audit', 'usage'])(
  '%s loads no password hashes and nothing of the server',
  async (line) => {
    const expected = ['better-sqlite3', 'commander', 'kysely', 'zod'];
    expect(await loadedBy([...line.split(' '), '--json'])).toEqual(expected);
  },
);

test.each(['user list', 'user show boss', 'grant list', 'robot list', 'audit', 'repo list', 'usage'])(
  '%s through the API of a server loads no library except commander',
  async (line) => {
    const server = await serverWithToken();
    expect(await loadedBy(line.split(' '), server)).toEqual(['commander']);
  },
);

/** Starts a server that answers like the API, and returns the variables with which commands use it. */
async function serverWithToken(): Promise<Readonly<Record<string, string>>> {
  const view = { name: 'boss', role: 'admin', rightsFrom: 'role', state: 'active', created: '', changed: '' };
  const answer = { ...view, groups: [], rights: [], items: [], next: null, position: 'x', uncertain: 0 };
  const body = JSON.stringify({ ...answer, disabledInHtpasswd: [] });
  const server = createServer((_request, response) =>
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(body),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterwards(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { DOCKPASS_URL: `http://127.0.0.1:${port}`, DOCKPASS_TOKEN: 'dpp_test' };
}

/**
 * Runs a command from its source, because the libraries in dist/ are no longer separate modules.
 * @returns the names of the packages that the command loads
 */
async function loadedBy(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const report = join(home.directory, `${args.join('-')}.txt`);
  const script =
    'const { runCli } = await import(process.argv[1]); process.exitCode = await runCli(process.argv);';
  const ran = await run(
    process.execPath,
    [
      ...['--import', join(repository, 'test', 'support', 'process', 'report-modules.ts')],
      ...['--input-type=module', '--eval', script, '--', join(repository, 'src', 'cli', 'cli.ts'), ...args],
    ],
    { cwd: home.directory, env: { ...home.env, ...env, TEST_MODULES: report } },
  );
  expect(ran, ran.output).toMatchObject({ status: 0 });
  const modules = await readFile(report, 'utf8');
  const packages = [...modules.matchAll(/^\S*\/node_modules\/((?:@[^/ ]+\/)?[^/ ]+)/gm)];
  return [...new Set(packages.map(([, name = '']) => name))].sort();
}
