import { beforeAll, expect, test } from 'vitest';
import {
  dockpassBin,
  dockpassHome,
  startServe,
  type DockpassHome,
  type DockpassServer,
} from '../../../support/dockpass/dockpass.ts';
import { start } from '../../../support/process/process.ts';
import { typeAtTerminal } from '../../../support/process/terminal.ts';

// Commands on the database of a server, and the same commands through its API.

const password = 'correct horse battery';
let server: DockpassServer;
let elsewhere: DockpassHome;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  server = await startServe();
  elsewhere = await dockpassHome({ database: false });
  await server.must(['user', 'add', 'boss', '--role', 'admin', '--password-stdin'], { input: password });
  const { stdout } = await server.must(['token', 'create', 'cli', '--user', 'boss', '--api']);
  env = { DOCKPASS_URL: server.url, DOCKPASS_TOKEN: stdout.trim() };
});

const remote = (...args: string[]) => elsewhere.must(args, { env });

async function logIn(): Promise<void> {
  const answer = await fetch(
    `${server.url}/auth/token?service=registry&offline_token=true&client_id=docker`,
    {
      headers: { Authorization: `Basic ${Buffer.from(`boss:${password}`).toString('base64')}` },
    },
  );
  expect(answer.status).toBe(200);
}

test('sessions are listed and revoked', async () => {
  for (let count = 0; count < 3; count++) await logIn();
  for (const args of [
    ['session', 'list'],
    ['session', 'list', 'Boss', '--json'],
  ])
    expect((await remote(...args)).stdout).toBe((await server.must(args)).stdout);
  const [first] = JSON.parse((await remote('session', 'list', '--json')).stdout) as { name: string }[];
  const id = first?.name ?? '';
  expect((await remote('session', 'revoke', id, '--dry-run')).stderr).toContain(
    `would revoke the session ${id}`,
  );
  expect((await remote('session', 'revoke', id)).stderr).toMatch(/^1 session revoked/);
  expect((await remote('session', 'revoke', '--user', 'boss')).stderr).toMatch(/^2 sessions revoked/);
  await logIn();
  expect((await remote('session', 'revoke', '--all')).stderr).toMatch(/^1 session revoked/);
  expect((await server.must(['session', 'list', '--json'])).stdout).toBe('[]\n');
});

test('a change that takes rights away asks at a terminal, as on the database', async () => {
  await remote('user', 'add', 'ann', '--generate');
  await remote('group', 'add', 'web');
  await remote('group', 'join', 'web', 'ann');
  await remote('grant', 'add', 'group:web', 'web/**', 'pull');
  const dockpass = `${process.execPath} ${dockpassBin}`;
  const screen = await typeAtTerminal(
    `${dockpass} group leave web ann || true\n${dockpass} grant remove group:web 'web/**'\n`,
    [
      [/Remove ann from the group web \(ann loses the rights of the group\)\? \[y\/N\] /, 'n'],
      [/Remove the grant on web\/\*\* from group:web\? \[y\/N\] /, 'y'],
    ],
    { cwd: elsewhere.directory, env: { ...elsewhere.env, ...env } },
  );
  expect(screen).toContain('cancelled. Nothing was changed.');
  expect(screen).toContain('group:web no longer has the grant');
  expect((await remote('group', 'list')).stdout).toMatch(/^web +ann /m);
});

test('the audit log is read, filtered, limited and followed', async () => {
  const follow = (...args: string[]) =>
    start(process.execPath, [dockpassBin, 'audit', '--follow', ...args], {
      cwd: elsewhere.directory,
      env: { ...elsewhere.env, ...env },
    });
  const following = await follow('--json');
  await following.line(/user boss added/);
  const fromNow = await follow('--limit', '1', '--outcome', 'changed');
  await fromNow.line(/changed/);
  await remote('group', 'add', 'seen');
  const [line] = await following.line(/^.*group seen added.*$/);
  expect(JSON.parse(line)).toMatchObject({ outcome: 'changed', client: 'api: boss', address: '127.0.0.1' });
  await fromNow.line(/group seen added by 127\.0\.0\.1 \(api: boss\)/);
  expect(fromNow.stdout()).not.toContain('user boss added');
  for (const running of [following, fromNow])
    expect(await running.stop()).toMatchObject({ status: 0, wasKilled: false });

  const args = ['audit', '--outcome', 'changed', '--user', 'boss'];
  for (const more of [[], ['--json'], ['--limit', '2'], ['--since', '1h', '--limit', '1', '--json']])
    expect((await remote(...args, ...more)).stdout).toBe((await server.must([...args, ...more])).stdout);
  expect((await elsewhere.cli(['audit', '--verify'], { env })).stderr).toContain(
    'works only on the machine of the server',
  );
});

test('the id in a denial is explained', async () => {
  const denied = await fetch(`${server.url}/auth/token?service=registry`, {
    headers: { Authorization: `Basic ${Buffer.from('boss:wrong horse battery').toString('base64')}` },
  });
  const id = /refusal (\w{12})/.exec(await denied.text())?.[1] ?? '';
  await expect.poll(() => elsewhere.cli(['explain', id], { env })).toMatchObject({ status: 0 });
  for (const args of [
    ['explain', id],
    ['explain', id, '--json'],
  ])
    expect((await remote(...args)).stdout).toBe((await server.must(args)).stdout);
});
