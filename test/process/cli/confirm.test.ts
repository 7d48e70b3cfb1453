import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { dockpassBin, dockpassHome, type DockpassHome } from '../../support/dockpass/dockpass.ts';
import { typeAtTerminal, type Answer } from '../../support/process/terminal.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

const dockpass = `${process.execPath} ${dockpassBin}`;
let home: DockpassHome;

beforeEach(async () => {
  home = await dockpassHome();
  await home.addUser('alice', 'correct horse battery');
});

/** Runs a command at a terminal. Returns what the screen showed, with the status of the command. */
const atTerminal = (command: string, ...answers: Answer[]): Promise<string> =>
  typeAtTerminal(`cd ${home.directory}; ${dockpass} ${command} || echo "status $?"`, answers, {
    env: home.env,
  });

const json = async <Row>(...words: string[]): Promise<Row[]> =>
  JSON.parse((await home.must([...words, '--json'])).stdout) as Row[];

const names = async (...words: string[]): Promise<string[]> =>
  (await json<{ name: string }>(...words)).map(({ name }) => name);

/**
 * Commands that ask for confirmation, with their question. `before` creates what the command removes. `list` prints one
 * row before the command, and none after it.
 */
const commands: readonly [command: string, question: RegExp, before: string[][], list: string[]][] = [
  ['user remove alice', /Remove the user alice .*\[y\/N\]/, [], ['user', 'list']],
  ['group remove dev', /Remove the group dev .*\[y\/N\]/, [['group', 'add', 'dev']], ['group', 'list']],
  [
    'grant remove alice "team/**"',
    /Remove the grant on team\/\*\* from alice\? \[y\/N\]/,
    [['grant', 'add', 'alice', 'team/**', 'pull']],
    ['grant', 'list'],
  ],
  [
    'token revoke laptop --user alice',
    /Revoke the access token laptop of alice\? \[y\/N\]/,
    [['token', 'create', 'laptop', '--user', 'alice']],
    ['token', 'list'],
  ],
  [
    'robot remove ci',
    /Remove the robot account ci\? \[y\/N\]/,
    [['robot', 'create', 'ci', '--only', '**:pull']],
    ['robot', 'list'],
  ],
];

describe.each(commands)('dockpass %s', (command, question, before, list) => {
  beforeEach(async () => {
    for (const words of before) await home.must(words);
  });

  test.each(['n', '', 'yess'])('changes nothing if the answer is "%s"', async (answer) => {
    const screen = await atTerminal(command, [question, answer]);
    expect(screen).toContain('dockpass: cancelled. Nothing was changed.');
    expect(screen).toContain('status 1');
    expect(await names(...list)).toHaveLength(1);
  });

  test('makes the change if the answer is y', async () => {
    expect(await atTerminal(command, [question, 'y'])).not.toContain('status');
    expect(await names(...list)).toEqual([]);
  });

  test('does not ask with --yes', async () => {
    expect(await atTerminal(`${command} --yes`)).not.toContain('[y/N]');
    expect(await names(...list)).toEqual([]);
  });

  test('does not ask without a terminal', async () => {
    const words = command.replaceAll('"', '').split(' ');
    expect((await home.must(words)).stderr).not.toContain('[y/N]');
    expect(await names(...list)).toEqual([]);
  });
});

test.each([
  ['Ctrl-C', '\x03'],
  ['Ctrl-D', '\x04'],
])('%s counts as no', async (_key, typed) => {
  const screen = await atTerminal('user remove alice', [/\[y\/N\]/, typed]);
  expect(screen).toContain('cancelled. Nothing was changed.');
  expect(await names('user', 'list')).toEqual(['alice']);
});

test('does not ask about something that does not exist', async () => {
  for (const command of [
    'user remove bob',
    'group remove dev',
    'robot remove ci',
    'grant remove alice "a/*"',
  ]) {
    const screen = await atTerminal(command);
    expect(screen).not.toContain('[y/N]');
    expect(screen).toContain('status 1');
  }
});

test('dockpass grant remove does not ask if another grant gives as much', async () => {
  for (const pattern of ['team/**', '**']) await home.must(['grant', 'add', 'alice', pattern, 'pull']);
  expect(await atTerminal('grant remove alice "team/**"')).not.toContain('[y/N]');
  expect(await json('grant', 'list')).toMatchObject([{ pattern: '**' }]);
});

describe('dockpass group leave', () => {
  beforeEach(async () => {
    await home.must(['group', 'add', 'dev']);
    await home.must(['group', 'join', 'dev', 'alice']);
  });

  test('asks if the user loses rights', async () => {
    await home.must(['grant', 'add', 'group:dev', 'team/**', 'pull']);
    await atTerminal('group leave dev alice', [/Remove alice from the group dev .*\[y\/N\]/, 'n']);
    expect(await json('group', 'list')).toMatchObject([{ members: ['alice'] }]);
  });

  test('does not ask if the group has no grants', async () => {
    expect(await atTerminal('group leave dev alice')).not.toContain('[y/N]');
    expect(await json('group', 'list')).toMatchObject([{ members: [] }]);
  });
});

test('dockpass session revoke asks before it revokes one session, all of a user, or all', async () => {
  for (const [words, question] of [
    ['4f2c91ab', /Revoke the session 4f2c91ab\? \[y\/N\]/],
    ['--user alice', /Revoke all sessions of alice\? \[y\/N\]/],
    ['--all', /Revoke all sessions\? \[y\/N\]/],
  ] as const)
    expect(await atTerminal(`session revoke ${words}`, [question, 'n'])).toContain('cancelled');
});

test('dockpass keys rotate asks only with --authority', async () => {
  await home.must(['keys', 'list']);
  const bundle = (await home.must(['keys', 'export'])).stdout;
  expect(await atTerminal('keys rotate')).not.toContain('[y/N]');
  const screen = await atTerminal('keys rotate --authority', [
    /Replace the certificate authority .*\[y\/N\]/,
    'n',
  ]);
  expect(screen).toContain('cancelled');
  expect((await home.must(['keys', 'export'])).stdout).toBe(bundle);
});

test('dockpass restore asks before it writes', async () => {
  const file = join(await temporaryDirectory('backup'), 'dockpass.backup');
  await home.must(['keys', 'list']);
  await home.must(['backup', file]);
  home = await dockpassHome();
  const screen = await atTerminal(`restore ${file}`, [/Restore .* to .*\[y\/N\]/, 'n']);
  expect(screen).toContain('cancelled');
  await atTerminal(`restore ${file}`, [/Restore .* to .*\[y\/N\]/, 'y']);
  expect(await names('user', 'list')).toEqual(['alice']);
});

describe('colour', () => {
  const failing = 'explain zzzzzzzzzzzz';
  const red = '\x1b[31mdockpass:\x1b[39m';

  test('marks errors at a terminal', async () => {
    const screen = await typeAtTerminal(
      `cd ${home.directory}; TERM=xterm ${dockpass} ${failing} || true`,
      [],
    );
    expect(screen).toContain(red);
  });

  test('is off with NO_COLOR', async () => {
    const command = `cd ${home.directory}; NO_COLOR=1 TERM=xterm ${dockpass} ${failing} || true`;
    expect(await typeAtTerminal(command, [])).toMatch(/^dockpass: the audit log/m);
  });

  test('is off without a terminal', async () => {
    const ran = await home.cli(failing.split(' '), { env: { TERM: 'xterm' } });
    expect(ran.stderr).toMatch(/^dockpass: the audit log/);
  });
});
