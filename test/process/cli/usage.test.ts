import { spawnSync } from 'node:child_process';
import { cp, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { dockpassHome, type DockpassHome } from '../../support/dockpass/dockpass.ts';
import { run, succeeded } from '../../support/process/run.ts';
import { repository } from '../../support/run/environment.ts';
import { needs } from '../../support/run/parts.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

let home: DockpassHome;

beforeAll(async () => {
  home = await dockpassHome();
});

describe('wrong usage ends with status 2', () => {
  test.each([
    ['usr', 'Did you mean user?'],
    ['user lst', 'Did you mean list?'],
    ['user delte alice', 'Did you mean delete?'],
    ['user list --jsn', 'Did you mean --json?'],
    ['--confg x', 'Did you mean --config?'],
    ['backup', "missing required argument 'file'"],
    ['user add alice --role emperor', 'Allowed choices are admin, writer, reader'],
    ['explain repository:a:pull', '--host registry.example.com'],
  ])('%s', async (line, message) => {
    const ran = await home.cli(line.split(' '));
    expect(ran).toMatchObject({ status: 2, stdout: '' });
    expect(ran.stderr).toMatch(/^dockpass: /);
    expect(ran.stderr).toContain(message);
  });
});

test.each([
  'repo list --registry http://alice:canary-password@127.0.0.1:5000',
  'doctor --registry http://alice:canary-password@127.0.0.1:5000',
  'doctor --edge http://:canary-password@127.0.0.1:5001',
  'move-store --to postgres://alice:canary-password@127.0.0.1/dockpass',
  'move-store --to postgres://alice:canary-p@ss/w?rd@127.0.0.1/dockpass',
])(
  'a password in the arguments, which every user of the machine can see, is rejected and not shown: %s',
  async (line) => {
    const ran = await home.cli(line.split(' '));
    expect(ran).toMatchObject({ status: 2, stdout: '' });
    expect(ran.stderr).toMatch(/must not contain a user name or a password|--to contains a password/);
    expect(ran.stderr).not.toContain('canary');
  },
);

test('help shows examples', async () => {
  const { stdout } = await home.must(['grant', 'add', '--help']);
  expect(stdout).toContain('\nExamples:\n  dockpass grant add alice "team/**" pull,push\n');
});

test('delete is the same as remove, and create the same as add', async () => {
  await home.must(['group', 'create', 'dev']);
  await home.must(['group', 'delete', 'dev']);
  await home.must(['robot', 'add', 'ci', '--only', '**:pull']);
  await home.must(['robot', 'remove', 'ci']);
  const rows = JSON.parse((await home.must(['audit', '--json'])).stdout) as { reason: string }[];
  expect(rows.map(({ reason }) => reason)).toEqual([
    'group dev added',
    'group dev removed',
    expect.stringMatching(/^robot ci created/),
    'robot ci removed',
  ]);
});

test('--config is also understood before the command', async () => {
  const other = await dockpassHome({ config: { service: 'images' } });
  const file = join(other.directory, 'dockpass.yml');
  const { stdout } = await home.must(['--config', file, 'check', '--json']);
  const settings = JSON.parse(stdout) as { name: string; value: string; origin: string }[];
  expect(settings.find(({ name }) => name === 'service')).toEqual({
    name: 'service',
    value: 'images',
    origin: 'file',
  });
});

test('check --json masks secrets', async () => {
  const env = { DOCKPASS_DATABASE: 'postgres://dockpass:hunter22@127.0.0.1/x' };
  const { stdout } = await home.must(['check', '--json'], { env });
  expect(stdout).toContain('"name": "database"');
  expect(stdout).not.toContain('hunter22');
});

describe('--version', () => {
  test('names the version, the version of Node and the commit of the build', async () => {
    const head = spawnSync('git', ['rev-parse', '--short=12', 'HEAD'], { cwd: repository, encoding: 'utf8' });
    const { stdout } = await home.must(['--version']);
    const line =
      /^dockpass \d+\.\d+\.\d+ \(Node (\d+\.\d+\.\d+), buil(?:d ([0-9a-f]{12})(?:-dirty)?|t without git)\)\n$/.exec(
        stdout,
      );
    expect(line?.[1]).toBe(process.versions.node);
    // The build may be older than the last commit, but its commit must exist in this repository.
    if (head.status === 0 && line?.[2] !== undefined)
      succeeded(await run('git', ['cat-file', '-e', `${line[2]}^{commit}`], { cwd: repository }));
  });

  test('says so if the source was built without git', async () => {
    const copy = await temporaryDirectory('copy');
    const copied = [
      'src',
      'scripts',
      'migrations',
      'package.json',
      'package-lock.json',
      'tsconfig.json',
      'bin',
    ];
    for (const name of copied) await cp(join(repository, name), join(copy, name), { recursive: true });
    await symlink(join(repository, 'node_modules'), join(copy, 'node_modules'));
    succeeded(await run(process.execPath, ['scripts/build.ts'], { cwd: copy }));
    const { stdout } = succeeded(
      await run(process.execPath, ['bin/dockpass.js', '--version'], { cwd: copy }),
    );
    expect(stdout).toMatch(/^dockpass \d+\.\d+\.\d+ \(Node [\d.]+, built without git\)\n$/);
  });
});

needs('mandoc')('docs/man/dockpass.1', () => {
  test('is a page that mandoc understands', async () => {
    const page = join(repository, 'docs/man/dockpass.1');
    const { stdout } = await run('mandoc', ['-Tlint', page]);
    // The page has no date, so that it changes only together with the commands.
    expect(stdout.trim().split('\n')).toEqual([expect.stringContaining('missing date')]);
    expect((await run('mandoc', ['-Tutf8', page])).stdout).toContain('dockpass user add');
  });
});
