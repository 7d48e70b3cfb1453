import { beforeEach, describe, expect, test } from 'vitest';
import { dockpassHome, type DockpassHome } from '../../support/dockpass/dockpass.ts';

const password = 'correct horse battery';
const host = ['--host', 'registry.example.com'];
let home: DockpassHome;

beforeEach(async () => {
  home = await dockpassHome({
    config: {
      publicDomains: ['pub.example.com'],
      publicRepositories: ['open/**'],
      policy: [
        { allow: ['pull', 'push'], to: ['users'], on: ['${user}/**'] },
        { deny: ['push'], to: ['everyone'], on: ['infra/**'], from: ['10.0.0.0/8'] },
      ],
    },
  });
  await home.addUser('alice', password);
});

const json = async <Value>(...words: string[]): Promise<Value> =>
  JSON.parse((await home.must([...words, '--json'])).stdout) as Value;

/** Returns the actions that the user would get in a token for all actions on a repository. */
async function held(user: string, repository: string): Promise<string> {
  const { token } = await json<{ token: { access: { actions: string[] }[] } }>(
    'explain',
    ...host,
    '--user',
    user,
    `repository:${repository}:*`,
  );
  return token.access[0]?.actions.join() ?? '';
}

describe('dockpass group and grant', () => {
  test('a user with grants, directly or through a group, holds only these', async () => {
    expect(await held('alice', 'other/app')).toBe('pull,push');
    await home.must(['group', 'add', 'Dev']);
    await home.must(['group', 'join', 'dev', 'alice']);
    expect(await held('alice', 'other/app')).toBe('pull,push');
    const added = await home.must(['grant', 'add', 'group:dev', 'team/**', 'pull,push']);
    expect(added.stderr).toContain('no longer from their roles');
    expect(added.stderr).toContain(
      'alice has only the rights that grants give: pull, push on team/** (group:dev)\n',
    );
    await home.must(['grant', 'add', 'alice', 'own/*', '*']);
    expect(await held('alice', 'other/app')).toBe('');
    expect(await held('alice', 'team/app')).toBe('pull,push');
    expect(await held('alice', 'own/app')).toBe('pull,push,delete,*');
    expect(await json('grant', 'list')).toEqual([
      { name: 'alice', pattern: 'own/*', actions: ['*'] },
      { name: 'group:dev', pattern: 'team/**', actions: ['pull', 'push'] },
    ]);
    expect(await json('group', 'list')).toMatchObject([{ name: 'dev', members: ['alice'] }]);
    expect((await home.must(['user', 'show', 'alice'])).stdout).toMatch(
      /^groups: dev\nholds: own\/\* \* \(granted to alice\)\nholds: team\/\*\* pull,push \(granted to group:dev\)\n/m,
    );
    expect(await json('user', 'show', 'alice')).toMatchObject({
      groups: ['dev'],
      rights: [
        { pattern: 'own/*', actions: ['*'], from: 'granted to alice' },
        { pattern: 'team/**', actions: ['pull', 'push'], from: 'granted to group:dev' },
      ],
    });

    expect((await home.must(['group', 'leave', 'dev', 'alice'])).stderr).toBe(
      `alice is no longer in the group dev\nalice has only the rights that grants give: everything on own/*\nDatabase: ${home.directory}/data/dockpass.db\n`,
    );
    expect(await held('alice', 'team/app')).toBe('');
    await home.must(['group', 'remove', 'dev']);
    expect(await json('grant', 'list')).toMatchObject([{ name: 'alice' }]);
  });

  test('a removed last grant does not give the rights of the role back; a new role does', async () => {
    await home.must(['grant', 'add', 'alice', 'own/*', '*']);
    const last = await home.must(['grant', 'remove', 'alice', 'own/*']);
    expect(last.stderr).toContain('alice has no rights on repositories');
    expect(last.stderr).toContain('dockpass user role alice writer');
    expect(await held('alice', 'other/app')).toBe('');
    expect((await home.must(['user', 'show', 'alice'])).stdout).toMatch(
      /^rightsFrom: grants\n(?:.*\n)*groups: none\nholds: nothing\n/m,
    );
    expect((await home.must(['user', 'role', 'alice', 'writer'])).stderr).toBe(
      `alice now has the role writer\nalice has the rights of the role writer: pull, push on **\nDatabase: ${home.directory}/data/dockpass.db\n`,
    );
    expect(await held('alice', 'other/app')).toBe('pull,push');
    expect((await home.must(['user', 'show', 'alice'])).stdout).toContain(
      '\ngroups: none\nholds: ** pull,push (by role)\n',
    );
  });

  test('a removed group tells what each of its members has', async () => {
    await home.addUser('bob', password);
    await home.must(['group', 'add', 'dev']);
    for (const user of ['alice', 'bob']) await home.must(['group', 'join', 'dev', user]);
    await home.must(['grant', 'add', 'group:dev', 'team/**', 'pull']);
    await home.must(['grant', 'add', 'bob', 'own/*', 'pull']);
    const { stderr } = await home.must(['group', 'remove', 'dev']);
    expect(stderr).toMatch(
      /^group dev is removed\nalice has no rights .*\nbob has only .*pull on own\/\*\nDatabase: .*\n$/,
    );
  });

  test('a new role does not replace grants: the command says so and ends with status 0', async () => {
    await home.must(['grant', 'add', 'alice', 'own/*', 'pull']);
    const ran = await home.cli(['user', 'role', 'alice', 'admin']);
    expect(ran).toMatchObject({ status: 0, stdout: '' });
    expect(ran.stderr).toMatch(/^alice now has the role admin\nwarning: alice has grants, and they decide/);
    expect(await json('user', 'show', 'alice')).toMatchObject({ role: 'admin', rightsFrom: 'grants' });
    expect(await held('alice', 'other/app')).toBe('');
  });

  test('a second grant on the same pattern replaces the first', async () => {
    await home.must(['grant', 'add', 'alice', 'a/**', 'pull,push']);
    await home.must(['grant', 'add', 'alice', 'a/**', 'pull']);
    expect(await json('grant', 'list', 'alice')).toEqual([
      { name: 'alice', pattern: 'a/**', actions: ['pull'] },
    ]);
  });

  test.each([
    [['grant', 'add', 'nobody-here', '**', 'pull'], 1, 'dockpass user list'],
    [['grant', 'add', 'group:none', '**', 'pull'], 1, 'dockpass group add'],
    [['grant', 'add', 'alice', 'a//b', 'pull'], 2, 'no repository can have a name like "a//b"'],
    [
      ['grant', 'add', 'alice', '**', 'pull,oush'],
      2,
      '"oush" is not an action: use pull, push, delete or "*"',
    ],
    [['grant', 'add', 'alice', '**', ''], 2, 'is not an action'],
    [['grant', 'remove', 'alice', '**'], 1, 'dockpass grant list alice'],
    [['grant', 'add', 'alice', '**'], 2, 'missing required argument'],
    [['group', 'join', 'none', 'alice'], 1, 'dockpass group list'],
    [['group', 'add', 'root'], 1, 'the name is reserved'],
    [['group', 'remove', 'none'], 1, 'dockpass group list'],
  ])('%j ends with status %i and says what to do', async (words, status, fix) => {
    const ran = await home.cli(words);
    expect(ran).toMatchObject({ status, stdout: '' });
    expect(ran.stderr).toContain(fix);
  });

  test('a robot cannot have grants', async () => {
    await home.must(['robot', 'create', 'ci', '--only', 'a/**:pull']);
    const { status, stderr } = await home.cli(['grant', 'add', 'ci', '**', 'pull']);
    expect([status, stderr]).toEqual([2, expect.stringContaining('dockpass robot create NAME --only')]);
  });

  test('every change is in the audit log with a description', async () => {
    await home.must(['group', 'add', 'dev']);
    await home.must(['group', 'join', 'dev', 'alice']);
    await home.must(['grant', 'add', 'alice', 'a/**', 'pull']);
    await home.must(['grant', 'remove', 'alice', 'a/**']);
    await home.cli(['grant', 'remove', 'alice', 'a/**']);
    const rows = await json<{ reason: string }[]>('audit', '--user', 'alice');
    expect(rows.map(({ reason }) => reason)).toEqual([
      'user alice added as writer',
      'user alice joined group dev',
      'added a grant for alice: pull on a/**',
      'grant on a/** to alice removed',
    ]);
    expect((await home.must(['audit', '--verify'])).stdout).toMatch(/^5 [0-9a-f]{64}\n$/);
  });
});

describe('dockpass explain', () => {
  test('names the realm, the user, the reasons and the token', async () => {
    await home.must(['grant', 'add', 'alice', 'team/**', 'pull']);
    const scopes = ['repository:team/app:pull,push', 'repository:alice/app:push', 'registry:catalog:*'];
    const { stdout, stderr } = await home.must(['explain', ...host, '--user', 'alice', ...scopes]);
    expect(stderr).toContain('docker shows "requested access to the resource is denied"');
    expect(
      (await home.must(['explain', ...host, '--user', 'alice', 'repository:team/app:pull'])).stderr,
    ).toBe('no running server; using dockpass.yml\n');
    expect(stdout.split('\n')).toEqual([
      'realm   private: registry.example.com, because no entry of publicDomains matches this host',
      'who     user alice, by password',
      'note    the role writer gives alice no rights on repositories, because alice has grants, directly or through a group',
      'scope   repository:team/app:pull,push: pull, because: granted',
      '          grant to alice: pull on team/**',
      'scope   repository:alice/app:push: push, because: allowed by rule',
      '          policy rule 1: allow pull, push to users on ${user}/**',
      'scope   registry:catalog:*: *, because: may list what it may pull',
      'token   repository:team/app:pull repository:alice/app:push, valid for 3600 seconds',
      '',
    ]);
  });

  test('considers the network of the client, disabled users, robots and access tokens', async () => {
    const ask = async (...words: string[]): Promise<string> =>
      (await home.must(['explain', ...host, ...words])).stdout;
    expect(await ask('--user', 'alice', '--from', '10.1.2.3', 'repository:infra/app:push')).toContain(
      'nothing, because: denied by rule\n          policy rule 2: deny push to everyone on infra/** from 10.0.0.0/8',
    );
    expect(await ask('--user', 'alice', 'repository:infra/app:push')).toContain('push, because: role');
    expect(await ask('repository:infra/app:push')).toContain('error   login_required');
    await home.must(['token', 'create', 'ro', '--user', 'alice', '--only', '**:pull']);
    expect(await ask('--user', 'alice', '--token', 'ro', 'repository:x:pull,push')).toContain(
      'pull, because: role\n          role writer: pull, push on **\n          the access token or robot was created with --only, which limits its rights',
    );
    await home.must(['robot', 'create', 'ci', '--only', 'a/**:pull']);
    expect(await ask('--user', 'ci', 'repository:a/b:*')).toContain('created with pull on a/**');
    await home.must(['user', 'disable', 'alice']);
    expect(await ask('--user', 'alice', 'repository:x:pull')).toContain(
      'the user is disabled\nerror   wrong_credentials',
    );
  });

  test.each([
    [['explain', 'repository:a:pull'], 2, '--host registry.example.com'],
    [['explain', ...host, '--user', 'nobody-here', 'repository:a:pull'], 1, 'dockpass user list'],
    [['explain', ...host, '--from', 'here', 'repository:a:pull'], 2, '--from must be an IP address'],
    [['explain', 'zzzzzzzzzzzz'], 1, 'the audit log has no event zzzzzzzzzzzz'],
    [['audit', '--since', 'yesterday'], 2, 'a duration such as 90s, 15m, 1h, 30d, 2w or 1y, or a date'],
  ])('%j ends with status %i and says what to do', async (words, status, fix) => {
    const ran = await home.cli(words);
    expect(ran).toMatchObject({ status, stdout: '' });
    expect(ran.stderr).toContain(fix);
  });
});

test('check reports a rule that has no effect, and a group that does not exist', async () => {
  const policy = [
    { allow: ['push'], to: ['users'], on: ['**'], realm: 'public' },
    { deny: ['push'], to: ['group:devs'], on: ['**'] },
  ];
  const other = await dockpassHome({ config: { policy } });
  const before = await other.must(['check']);
  expect(before.stderr).toContain(
    'warning: policy rule 1 has no effect: it applies only under public domains',
  );
  expect(before.stderr).not.toContain('group:devs');
  await other.must(['group', 'add', 'dev']);
  expect((await other.must(['check'])).stderr).toContain(
    'policy rule 2 has no effect for group:devs: there is no group devs yet',
  );
});
