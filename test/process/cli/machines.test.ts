import { hash } from '@node-rs/bcrypt';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { dockpassHome, type DockpassHome } from '../../support/dockpass/dockpass.ts';

const password = 'correct horse battery';
let home: DockpassHome;

beforeEach(async () => {
  home = await dockpassHome();
});

const listed = async (command: string, ...more: string[]): Promise<Record<string, unknown>[]> =>
  JSON.parse((await home.must([command, 'list', '--json', ...more])).stdout) as Record<string, unknown>[];

describe('dockpass token', () => {
  test('create prints only the secret to stdout, once; list and revoke use the name', async () => {
    await home.addUser('alice', password);
    const words = ['token', 'create', 'ci', '--user', 'Alice', '--expires', '30d'];
    const made = await home.must([...words, '--only', 'a/**:pull', '--only', 'host:5000/b:push']);
    expect(made.stdout).toMatch(/^dpp_[0-9A-Za-z]{33}\n$/);
    expect(made.stderr).toContain('log in with the name alice');
    const tokens = await listed('token', '--user', 'alice');
    expect(tokens).toEqual([
      expect.objectContaining({
        name: 'ci',
        user: 'alice',
        state: 'active',
        only: [
          { pattern: 'a/**', actions: ['pull'] },
          { pattern: 'host:5000/b', actions: ['push'] },
        ],
        lastUsed: null,
      }),
    ]);
    for (const { output } of [
      await home.must(['token', 'list']),
      await home.must(['token', 'list', '--json']),
    ])
      expect(output).not.toContain(made.stdout.trim().slice(4));
    expect(await home.cli(words)).toMatchObject({ status: 1, stdout: '' });
    await home.must(['token', 'revoke', 'ci', '--user', 'alice']);
    expect(await listed('token')).toEqual([]);
    expect((await home.cli(['token', 'revoke', 'ci', '--user', 'alice'])).stderr).toContain(
      'dockpass token list --user alice',
    );
  });

  test('create stores a description and an owner, which list shows', async () => {
    await home.addUser('alice', password);
    const label = ['--description', 'builds of the shop', '--owner', 'team web'];
    await home.must(['token', 'create', 'ci', '--user', 'alice', ...label]);
    expect(await listed('token')).toMatchObject([{ description: 'builds of the shop', owner: 'team web' }]);
    expect((await home.must(['token', 'list'])).stdout).toMatch(/team web +builds of the shop$/m);
  });

  test('create fails for invalid arguments, and creates nothing', async () => {
    await home.addUser('alice', password);
    const create = (...more: string[]) => home.cli(['token', 'create', ...more]);
    expect(await create('ci')).toMatchObject({ status: 2 });
    expect(await create('ci', '--user', 'nobody-here')).toMatchObject({ status: 1 });
    expect(await create('ci', '--user', 'alice', '--only', 'a')).toMatchObject({ status: 2 });
    expect(await create('ci', '--user', 'alice', '--expires', 'soon')).toMatchObject({ status: 2 });
    expect(await create('a b', '--user', 'alice')).toMatchObject({ status: 1 });
    expect(await listed('token')).toEqual([]);
  });

  test('create --expires never creates a token that does not expire', async () => {
    await home.addUser('alice', password);
    await home.must(['token', 'create', 'ci', '--user', 'alice', '--expires', 'never']);
    expect((await listed('token'))[0]).toMatchObject({ name: 'ci', expires: null });
  });
});

describe('dockpass robot', () => {
  const create = (name: string, ...more: string[]) =>
    home.cli(['robot', 'create', name, '--only', 'team/**:pull', ...more]);

  test('creates, rotates, disables, enables and removes a robot', async () => {
    const made = await create('Builder');
    expect([made.status, made.stdout]).toEqual([0, expect.stringMatching(/^dpr_[0-9A-Za-z]{33}\n$/)]);
    const rotated = await home.must(['robot', 'rotate', 'builder', '--overlap', '1h']);
    expect(rotated.stdout).toMatch(/^dpr_[0-9A-Za-z]{33}\n$/);
    expect(rotated.stdout).not.toBe(made.stdout);
    expect(await listed('robot')).toEqual([expect.objectContaining({ name: 'builder', state: 'active' })]);
    await home.must(['robot', 'disable', 'builder']);
    expect((await listed('robot'))[0]).toMatchObject({ state: 'disabled' });
    await home.must(['robot', 'enable', 'builder']);
    await home.must(['robot', 'remove', 'builder']);
    expect(await listed('robot')).toEqual([]);
    for (const verb of ['rotate', 'disable', 'enable', 'remove'])
      expect(await home.cli(['robot', verb, 'builder'])).toMatchObject({ status: 1, stdout: '' });
  });

  test('create requires at least one --only', async () => {
    expect(await home.cli(['robot', 'create', 'builder'])).toMatchObject({ status: 2 });
  });

  test('list warns of a robot that expires soon, and rotate can extend its expiry', async () => {
    await create('builder', '--expires', '3d');
    const list = await home.must(['robot', 'list']);
    expect(list.stdout).toContain('expires soon');
    expect(list.stderr).toContain('dockpass robot rotate NAME --expires 365d');
    await home.must(['robot', 'rotate', 'builder', '--expires', '365d']);
    expect((await home.must(['robot', 'list'])).stderr).toBe('');
  });

  test('an expired robot gets a new secret only with a new expiry', async () => {
    await create('builder', '--expires', '0s');
    const refused = await home.cli(['robot', 'rotate', 'builder']);
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining('--expires 365d')]);
    await home.must(['robot', 'rotate', 'builder', '--expires', '1d']);
    expect((await listed('robot'))[0]).toMatchObject({ state: 'expires soon' });
  });

  test('show and set: rights, description and owner can be seen and changed, and the secret stays', async () => {
    await create('builder', '--description', 'builds of the shop', '--owner', 'team web');
    const only = [{ pattern: 'team/**', actions: ['pull'] }];
    const shown = async () => JSON.parse((await home.must(['robot', 'show', 'Builder', '--json'])).stdout);
    expect(await shown()).toMatchObject({
      ...{ name: 'builder', only, description: 'builds of the shop', owner: 'team web', lastUsed: null },
      state: 'active',
    });
    expect((await home.must(['robot', 'list'])).stdout).toMatch(/team web +builds of the shop$/m);
    const set = await home.must(['robot', 'set', 'builder', '--only', 'a/*:push', '--only', 'b:pull']);
    expect(set.stdout).toMatch(
      /^owner: team web\ndescription: builds of the shop\nholds: a\/\* push\nholds: b pull$/m,
    );
    expect(set.stdout).not.toContain('dpr_');
    await home.must(['robot', 'set', 'builder', '--owner', '', '--description', 'other builds']);
    expect(await shown()).toMatchObject({ owner: null, description: 'other builds' });
    expect((await home.must(['robot', 'show', 'builder'])).stdout).toContain('owner: none\n');
    for (const [words, status] of [
      [['set', 'builder'], 2],
      [['set', 'nobody-here', '--owner', 'x'], 1],
      [['show', 'nobody-here'], 1],
      [['set', 'builder', '--owner', 'x'.repeat(201)], 2],
    ] as const)
      expect(await home.cli(['robot', ...words])).toMatchObject({ status, stdout: '' });
  });

  test('rotate --all prints each name with its secret alone on stdout, and can be limited to what expires soon', async () => {
    await create('soon', '--expires', '3d');
    await create('later', '--expires', '1y');
    await create('gone', '--expires', '0s');
    const all = await home.must(['robot', 'rotate', '--all']);
    expect(all.stdout).toMatch(/^later dpr_[0-9A-Za-z]{33}\nsoon dpr_[0-9A-Za-z]{33}\n$/);
    expect(all.stderr).toContain('these robot accounts have expired and get no new secret: gone');
    const expiring = ['robot', 'rotate', '--all', '--expiring', '1w', '--expires', '52w', '--json'];
    const renewed = JSON.parse((await home.must(expiring)).stdout) as Record<string, unknown>[];
    expect(renewed).toEqual([
      expect.objectContaining({ name: 'soon', secret: expect.stringMatching(/^dpr_/) as string }),
    ]);
    expect((await home.must(expiring)).stdout).toBe('[]\n');
    for (const words of [['--all', 'soon'], [], ['soon', '--expiring', '1d']])
      expect(await home.cli(['robot', 'rotate', ...words])).toMatchObject({ status: 2, stdout: '' });
  });

  test('users and robots share one name space', async () => {
    await home.addUser('alice', password);
    await create('builder');
    expect(await create('Alice')).toMatchObject({ status: 1, stdout: '' });
    const user = await home.cli(['user', 'add', 'Builder', '--generate']);
    expect([user.status, user.stdout]).toEqual([1, '']);
    expect(user.stderr).toContain('builder is a robot');
  });

  test.each(['7up', 'a@b', 'a$b', 'robot$x', 'a+b', 'null', 'yes', '-x', 'a b', 'ａbot'])(
    '%j is not a valid robot name',
    async (name) => {
      expect(await home.cli(['robot', 'create', '--only', 'a:pull', '--', name])).toMatchObject({
        status: 1,
      });
    },
  );
});

describe('dockpass explain with an htpasswd file', () => {
  test('explains the access of its users, and why some of them cannot log in', async () => {
    const path = join(home.directory, 'htpasswd');
    await writeFile(path, `alice:${(await hash(password, 4)).replace(/^.2./, () => '$2y')}\nold:plain\n`);
    const why = async (user: string) => {
      const words = ['explain', '--host', 'registry.example.com', '--user', user, 'repository:a:pull'];
      return home.cli(words, { env: { DOCKPASS_HTPASSWD: path, DOCKPASS_HTPASSWD_ROLE: 'reader' } });
    };
    expect((await why('alice')).stdout).toMatch(/htpasswd file[^]*repository:a:pull/);
    expect((await why('old')).stdout).toContain('is not a bcrypt hash');
    expect(await why('nobody-here')).toMatchObject({ status: 1, stdout: '' });
  });
});

describe('dockpass import htpasswd', () => {
  const file = async (text: string): Promise<string> => {
    const path = join(home.directory, 'htpasswd');
    await writeFile(path, text);
    return path;
  };
  const weak = 'old:$apr1$Sd8Wq5Gj$UpdLqFL0G7l8Wd8TZJbqd1\nplain:secret\n';
  const bcrypt = async () => (await hash(password, 4)).replace(/^.2./, () => '$2y');
  const names = async (): Promise<unknown[]> =>
    (await listed('user')).map(({ name, role, state }) => [name, role, state]);

  test('imports all users, but those without bcrypt must set a new password; a second run changes nothing', async () => {
    const path = await file(`Alice:${await bcrypt()}\n${weak}`);
    const dry = await home.must(['import', 'htpasswd', path, '--dry-run']);
    expect(dry.stderr).toContain('3 users would be imported');
    expect(await names()).toEqual([]);
    const first = await home.must(['import', 'htpasswd', path, '--role', 'reader']);
    expect(first.stderr).toContain('old must set a new password: dockpass user passwd old');
    expect(first.stderr).toContain('plain must set a new password: dockpass user passwd plain');
    expect(first.output).not.toContain('secret');
    const after = await names();
    expect(after).toEqual([
      ['alice', 'reader', 'active'],
      ['old', 'reader', 'no password'],
      ['plain', 'reader', 'no password'],
    ]);
    const second = await home.must(['import', 'htpasswd', path]);
    expect(second.stderr).toContain('0 users imported');
    expect(await names()).toEqual(after);
    const rows = JSON.parse((await home.must(['audit', '--user', 'old', '--json'])).stdout) as unknown[];
    expect(rows).toMatchObject([{ reason: 'user old imported from htpasswd as reader' }]);
    const why = ['explain', '--host', 'registry.example.com', '--user', 'old', 'repository:a:pull'];
    expect((await home.must(why)).stdout).toContain(
      'old has no password yet. Run "dockpass user passwd old"',
    );
  });

  test('does not change existing users', async () => {
    await home.addUser('alice', password, 'admin');
    await home.must(['import', 'htpasswd', await file(`alice:${await bcrypt()}\nbob:${await bcrypt()}\n`)]);
    expect(await names()).toEqual([
      ['alice', 'admin', 'active'],
      ['bob', 'writer', 'active'],
    ]);
  });

  test('imports nothing if a line is faulty, and names the numbers of all faulty lines', async () => {
    await home.must(['robot', 'create', 'builder', '--only', 'a:pull']);
    const good = await bcrypt();
    const path = await file(
      [
        `alice:${good}`,
        'no colon here',
        `ALICE:${good}`,
        `bad name:${good}`,
        `slow:${good.replace('$04$', '$16$')}`,
        `builder:${good}`,
      ].join('\n'),
    );
    for (const more of [[], ['--dry-run']]) {
      const { status, stderr } = await home.cli(['import', 'htpasswd', path, ...more]);
      expect(status).toBe(1);
      for (const [line, reason] of [
        [2, 'there is no colon'],
        [3, 'differ only in case'],
        [4, 'cannot be a name'],
        [5, 'bcrypt cost is 16'],
        [6, 'builder is a robot'],
      ] as const)
        expect(stderr).toMatch(new RegExp(`line ${line}: .*${reason}`));
      expect(stderr).toContain('nothing was imported');
      expect(stderr).not.toContain('no colon here');
    }
    expect(await names()).toEqual([]);
  });

  test('reports a file that does not exist', async () => {
    expect((await home.cli(['import', 'htpasswd', 'nothing-here'])).stderr).toContain(
      'cannot read nothing-here',
    );
  });
});
