import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { dockpassHome, type DockpassHome } from '../../support/dockpass/dockpass.ts';

let home: DockpassHome;
beforeEach(async () => {
  home = await dockpassHome();
});

const password = 'correct horse battery';
const add = (name: string, ...more: string[]) =>
  home.cli(['user', 'add', name, '--password-stdin', ...more], { input: `${password}\n` });

const listed = async (): Promise<{ name: string; role: string; state: string }[]> =>
  JSON.parse((await home.must(['user', 'list', '--json'])).stdout) as {
    name: string;
    role: string;
    state: string;
  }[];

describe('dockpass user', () => {
  test('adds, lists, shows, disables, enables and removes users', async () => {
    expect(await add('Alice')).toMatchObject({
      status: 0,
      stdout: '',
      stderr: `alice can log in with the role writer\nDatabase: ${home.directory}/data/dockpass.db\n`,
    });
    expect(await add('boss', '--role', 'admin')).toMatchObject({ status: 0 });
    expect(await listed()).toEqual([
      expect.objectContaining({ name: 'alice', role: 'writer', state: 'active' }),
      expect.objectContaining({ name: 'boss', role: 'admin', state: 'active' }),
    ]);
    expect(await home.cli(['user', 'disable', 'ALICE'])).toMatchObject({ status: 0, stdout: '' });
    const shown = await home.must(['user', 'show', 'alice', '--json']);
    expect(JSON.parse(shown.stdout)).toMatchObject({ name: 'alice', state: 'disabled' });
    expect(await home.cli(['user', 'enable', 'alice'])).toMatchObject({ status: 0 });
    expect(await home.cli(['user', 'remove', 'alice'])).toMatchObject({ status: 0 });
    expect((await listed()).map(({ name }) => name)).toEqual(['boss']);
  });

  test('a new user has the role of users.defaultRole unless --role is given', async () => {
    const env = { DOCKPASS_USERS_DEFAULT_ROLE: 'none' };
    const added = await home.must(['user', 'add', 'alice', '--generate'], { env });
    expect(added.stderr).toMatch(
      /^alice can log in with the role none\nalice has the role none, .*grant add/,
    );
    await home.must(['user', 'add', 'bob', '--generate', '--role', 'reader'], { env });
    await home.must(['user', 'add', 'carol', '--generate']);
    const file = join(home.directory, 'htpasswd');
    await writeFile(file, 'dora:{SHA}x\n');
    expect((await home.must(['import', 'htpasswd', file], { env })).stderr).toContain('imported as none');
    expect((await listed()).map(({ name, role }) => [name, role])).toEqual([
      ['alice', 'none'],
      ['bob', 'reader'],
      ['carol', 'writer'],
      ['dora', 'none'],
    ]);
  });

  test('imports users whose name is not allowed under other names, or without them', async () => {
    const file = join(home.directory, 'htpasswd');
    const names = ['robot$x', 'a+b', 'DOM\\u', 'bob'];
    await writeFile(file, names.map((name) => `${name}:$2y$05$${'a'.repeat(53)}\n`).join(''));
    const command = ['import', 'htpasswd', file];
    const strict = await home.cli(command);
    expect(strict).toMatchObject({ status: 1, stdout: '' });
    expect(strict.stderr).toMatch(
      /line 1: .*\n.*line 2: .*\n.*line 3: .*\n.*--skip-invalid.*--rename OLD=NEW/,
    );
    const renames = ['--rename', 'robot$x=robot-x', '--rename', 'DOM\\u=u'];
    expect(await home.cli([...command, ...renames])).toMatchObject({ status: 1 });
    const chosen = [...command, '--skip-invalid', ...renames];
    const planned = await home.must([...chosen, '--dry-run']);
    expect(planned.stderr).toContain('line 2 would be skipped: "a+b" cannot be a name');
    expect(planned.stderr).toContain(
      '"robot$x" in the file would get the name robot-x, and must log in with it',
    );
    expect(planned.stderr).toContain('3 users would be imported as writer, 1 skipped');
    expect(await listed()).toEqual([]);
    expect((await home.must(chosen)).stderr).toContain('line 2 was skipped');
    expect((await listed()).map(({ name }) => name)).toEqual(['bob', 'robot-x', 'u']);
  });

  test.each([
    ['robot$x', /write it as OLD=NEW/],
    ['=robot', /write it as OLD=NEW/],
    ['a=b+c', /"b\+c" cannot be a name/],
    ['missing=b', /has no user "missing"/],
  ])('rejects --rename %s', async (rename, message) => {
    const file = join(home.directory, 'htpasswd');
    await writeFile(file, 'bob:{SHA}x\n');
    const { status, stderr } = await home.cli(['import', 'htpasswd', file, '--rename', rename]);
    expect([status, stderr]).toEqual([2, expect.stringMatching(message)]);
    expect(await listed()).toEqual([]);
  });

  test('a user of the htpasswd file can be disabled and enabled, and has a name that no robot can take', async () => {
    const file = join(home.directory, 'htpasswd');
    await writeFile(file, `erin:$2y$05$${'a'.repeat(53)}\n`);
    const env = { DOCKPASS_HTPASSWD: file };
    expect(await home.cli(['user', 'disable', 'erin'])).toMatchObject({ status: 1 });
    await home.must(['user', 'disable', 'Erin'], { env });
    expect((await home.must(['user', 'list'], { env })).stderr).toContain('of the htpasswd file: erin');
    const scope = ['explain', '--host', 'registry.example.com', '--user', 'erin', 'repository:a:pull'];
    expect((await home.must(scope, { env })).stdout).toContain('the user is disabled');
    const robot = await home.cli(['robot', 'create', 'erin', '--only', '**:pull'], { env });
    expect(robot).toMatchObject({ status: 1, stdout: '' });
    expect(robot.stderr).toContain('erin is a user in the htpasswd file');
    await home.must(['user', 'enable', 'erin'], { env });
    expect((await home.must(['user', 'list'], { env })).stderr).toMatch(
      /^there are no users in the database\. .*\n$/,
    );
  });

  test('list prints a table with column headings and a line for each user', async () => {
    await add('alice');
    const { stdout } = await home.must(['user', 'list']);
    expect(stdout).toMatch(/^NAME +ROLE +STATE +CREATED/);
    expect(stdout).toMatch(/^alice +writer +active +20\d\d-/m);
  });

  test('list --json prints an empty array if there are no users', async () => {
    expect(await listed()).toEqual([]);
    expect((await home.must(['user', 'list'])).stdout).toBe('');
  });

  test('never shows a password hash', async () => {
    await add('alice');
    for (const args of [['list'], ['list', '--json'], ['show', 'alice'], ['show', 'alice', '--json']]) {
      expect((await home.must(['user', ...args])).output).not.toContain('argon2');
    }
  });

  test('--generate prints only a strong password to stdout', async () => {
    const secrets = new Set<string>();
    for (const args of [
      ['add', 'alice'],
      ['passwd', 'alice'],
    ]) {
      const { stdout, stderr } = await home.must(['user', ...args, '--generate']);
      expect(stdout).toMatch(/^[A-Za-z0-9]{28}\n$/);
      expect(stderr).not.toContain(stdout.trim());
      secrets.add(stdout);
    }
    expect(secrets.size).toBe(2);
  });

  test('--generate gives a password as long as passwords.minLength requires', async () => {
    const env = { DOCKPASS_PASSWORDS_MIN_LENGTH: '40' };
    const { stdout } = await home.must(['user', 'add', 'alice', '--generate'], { env });
    expect(stdout).toMatch(/^[A-Za-z0-9]{40}\n$/);
  });

  test('rejects a name that exists already', async () => {
    await add('alice');
    const again = await add('ALICE');
    expect(again).toMatchObject({ status: 1, stdout: '' });
    expect(again.stderr).toMatch(/^dockpass: there is a user alice already: .*user passwd alice/);
  });

  test.each([
    ['..', 'must start and end with a letter or a digit'],
    ['al ice', 'letters a-z'],
    ['anonymous', 'reserved'],
    ['e\u0301ve', 'letters a-z'],
    ['a'.repeat(65), 'longer than 64'],
  ])('rejects the name %j with the reason', async (name, reason) => {
    const refused = await add(name);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(reason);
    expect(await listed()).toEqual([]);
  });

  test.each([
    ['too short', 'short', /5 characters, but at least 15 are required/],
    ['empty', '', /0 characters/],
    ['with a control character', 'correct horse\tbattery', /control character/],
    ['too long', 'x'.repeat(2000), /longer than 1024/],
  ])('rejects a password that is %s', async (_what, text, reason) => {
    const refused = await home.cli(['user', 'add', 'alice', '--password-stdin'], { input: text });
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(reason);
    if (text !== '') expect(refused.output).not.toContain(text);
    expect(await listed()).toEqual([]);
  });

  test('passwords.minLength counts characters, not bytes', async () => {
    const input = 'ÄÖÜß€';
    const env = { DOCKPASS_PASSWORDS_MIN_LENGTH: '5' };
    expect(await home.cli(['user', 'add', 'alice', '--password-stdin'], { input, env })).toMatchObject({
      status: 0,
    });
    const strict = { DOCKPASS_PASSWORDS_MIN_LENGTH: '6' };
    expect((await home.cli(['user', 'add', 'bob', '--password-stdin'], { input, env: strict })).status).toBe(
      1,
    );
  });

  test.each(['passwd', 'disable', 'enable', 'role', 'remove', 'show'])(
    '%s reports a user who does not exist',
    async (verb) => {
      const more = verb === 'passwd' ? ['--generate'] : verb === 'role' ? ['reader'] : [];
      const refused = await home.cli(['user', verb, 'nobody', ...more]);
      expect(refused).toMatchObject({ status: 1, stdout: '' });
      expect(refused.stderr).toBe(
        'dockpass: there is no user "nobody": run "dockpass user list" to see all users\n',
      );
    },
  );

  test.each([
    [['user']],
    [['user', 'add']],
    [['user', 'add', 'alice', 'secret-as-argument']],
    [['user', 'add', 'alice', '--role', 'king', '--generate']],
    [['user', 'add', 'alice', '--generate', '--password-stdin']],
    [['user', 'add', 'alice']],
    [['user', 'role', 'alice', 'king']],
    [['user', 'role', 'alice']],
    [['user', 'frobnicate']],
    [['frobnicate']],
    [['user', 'list', '--jsno']],
  ])('wrong usage ends with status 2: %j', async (args) => {
    const refused = await home.cli(args);
    expect(refused).toMatchObject({ status: 2, stdout: '' });
    expect(refused.stderr).not.toBe('');
    expect(refused.stderr).not.toContain('    at ');
  });

  test('--help prints to stdout and ends with status 0', async () => {
    const help = await home.cli(['user', '--help']);
    expect(help).toMatchObject({ status: 0, stderr: '' });
    for (const verb of ['add', 'role', 'list', 'show', 'passwd', 'disable', 'enable', 'remove'])
      expect(help.stdout).toContain(verb);
    expect((await home.cli(['--version'])).stdout).toMatch(
      /^dockpass \d+\.\d+\.\d+ \(Node \d+\.\d+\.\d+, buil[dt] .*\)\n$/,
    );
  });
});
