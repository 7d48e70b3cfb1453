import { readdir } from 'node:fs/promises';
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
  test('changes nothing if the answer is n, and makes the change if it is y', async () => {
    for (const words of before) await home.must(words);
    const screen = await atTerminal(command, [question, 'n']);
    expect(screen).toContain('dockpass: cancelled. Nothing was changed.');
    expect(screen).toContain('status 1');
    expect(await names(...list)).toHaveLength(1);
    expect(await atTerminal(command, [question, 'y'])).not.toContain('status');
    expect(await names(...list)).toEqual([]);
  });
});

test('--yes prevents the question', async () => {
  expect(await atTerminal('user remove alice --yes')).not.toContain('[y/N]');
  expect(await names('user', 'list')).toEqual([]);
});

test('without a terminal, there is no question', async () => {
  expect((await home.must(['user', 'remove', 'alice'])).stderr).not.toContain('[y/N]');
  expect(await names('user', 'list')).toEqual([]);
});

test.each([
  ['no answer', '', 1],
  ['"yess"', 'yess', 1],
  ['Ctrl-C', '\x03', 130],
  ['Ctrl-D', '\x04', 1],
])('%s at a question changes nothing', async (_key, typed, status) => {
  const screen = await atTerminal('user remove alice', [/\[y\/N\]/, typed]);
  expect(screen).toContain('cancelled. Nothing was changed.');
  expect(screen).toContain(`status ${status}`);
  expect(await names('user', 'list')).toEqual(['alice']);
});

test.each([
  ['user add bob', 'Ctrl-C', '\x03', 130],
  ['user add bob', 'Ctrl-D', '\x04', 1],
  ['user passwd alice', 'Ctrl-C', '\x03', 130],
])('%s: %s at the password ends the command without a stack trace', async (command, _key, typed, status) => {
  const screen = await atTerminal(command, [/Password \(/, typed]);
  expect(screen).toContain(`status ${status}`);
  expect(screen).not.toMatch(/AbortError|^ +at /m);
  expect(await names('user', 'list')).toEqual(['alice']);
});

test('Ctrl-C at the second password ends the command too', async () => {
  const screen = await atTerminal(
    'user add bob',
    [/Password \(/, 'correct horse battery'],
    [/Again/, '\x03'],
  );
  expect(screen).toContain('status 130');
  expect(await names('user', 'list')).toEqual(['alice']);
});

describe('--dry-run', () => {
  beforeEach(async () => {
    for (const words of [
      ['group', 'add', 'dev'],
      ['group', 'join', 'dev', 'alice'],
      ['grant', 'add', 'group:dev', 'team/**', 'pull'],
      ['grant', 'add', 'alice', '**', 'pull'],
      ['token', 'create', 'laptop', '--user', 'alice'],
      ['robot', 'create', 'ci', '--only', '**:pull'],
    ])
      await home.must(words);
  });

  test('says what the command would do, and changes nothing', async () => {
    const before = await json('audit');
    for (const [command, action] of [
      ['user remove alice', 'remove the user alice'],
      ['group remove dev', 'remove the group dev'],
      ['group leave dev alice', 'remove alice from the group dev'],
      ['grant remove alice **', 'remove the grant on ** from alice'],
      ['grant remove group:dev team/**', 'remove the grant on team/** from group:dev'],
      ['token revoke laptop --user alice', 'revoke the access token laptop of alice'],
      ['robot remove ci', 'remove the robot account ci'],
      ['robot rotate ci', 'create a new secret for the robot account ci'],
      ['robot rotate --all', 'create new secrets for the robot account ci'],
      ['session revoke --user alice', 'revoke all sessions of alice'],
      ['session revoke --all', 'revoke all sessions'],
    ] as const) {
      const ran = await home.must([...command.split(' '), '--dry-run']);
      expect(ran.stderr).toContain(`nothing was changed. Without --dry-run, this command would ${action}`);
      expect(ran.stdout).toBe('');
    }
    expect(await json('audit')).toEqual(before);
  });

  test('fails as without it, if there is no such thing', async () => {
    for (const command of [
      'user remove bob',
      'group remove ops',
      'group leave ops alice',
      'grant remove alice team/**',
      'token revoke phone --user alice',
      'robot remove cd',
      'robot rotate cd',
      'session revoke 4f2c91ab',
      'session revoke --user bob',
    ]) {
      const ran = await home.cli([...command.split(' '), '--dry-run']);
      expect([command, ran.status]).toEqual([command, 1]);
      expect(ran.stderr).not.toContain('would');
    }
  });
});

test('keys rotate --dry-run leaves the keys as they are, and restore --dry-run writes nothing', async () => {
  await home.must(['keys', 'list']);
  const before = await home.must(['keys', 'list', '--json']);
  for (const words of [[], ['--authority']]) await home.must(['keys', 'rotate', ...words, '--dry-run']);
  expect((await home.must(['keys', 'list', '--json'])).stdout).toBe(before.stdout);

  const file = join(await temporaryDirectory('backup'), 'dockpass.backup');
  await home.must(['backup', file]);
  const empty = await dockpassHome();
  expect((await empty.must(['restore', file, '--dry-run'])).stderr).toContain('restore the backup');
  expect(await readdir(empty.directory)).toEqual([]);
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

test('dockpass robot rotate --all asks, and names the robot accounts', async () => {
  for (const name of ['ci', 'cd']) await home.must(['robot', 'create', name, '--only', '**:pull']);
  const question = /Create new secrets for these 2 robot accounts: cd, ci\? \[y\/N\]/;
  expect(await atTerminal('robot rotate --all', [question, 'n'])).toContain('cancelled');
  // No secret may stay in the files that the tests leave behind.
  const masked = '| sed -E "s/dpr_[0-9A-Za-z]+/SECRET/"';
  const rotated = await atTerminal(`robot rotate --all ${masked}`, [question, 'y']);
  // The two lines come through sed, so a message on stderr may appear between them.
  expect(rotated.match(/^c[di] SECRET(?=\r?$)/gm)).toEqual(['cd SECRET', 'ci SECRET']);
  expect(await atTerminal(`robot rotate --all --yes ${masked}`)).not.toContain('[y/N]');
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
