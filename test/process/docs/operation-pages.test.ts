import { chmod, copyFile, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { allMigrations } from '../../../src/store/migration/migrate.ts';
import { installedCopy } from '../../support/dockpass/installed-copy.ts';
import { openRecipe, type Recipe, type RecipeOptions } from '../../support/docs/recipe.ts';
import { start, type Running } from '../../support/process/process.ts';
import { mustRun } from '../../support/process/run.ts';
import { repository } from '../../support/run/environment.ts';
import { freePorts } from '../../support/run/ports.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

// Runs the commands of the pages about a service that runs for years, as they are written. The service runs
// `dockpass serve`, as a child process of the test.

const password = 'correct horse battery staple';

interface Machine {
  path(below: string): string;
  dockpass(...args: string[]): Promise<string>;
  addUser(name: string): Promise<void>;
  /** Opens a page. `folders` are the folders of the page that are on this machine, and not on the real one. */
  open(page: string, folders: readonly string[], programs?: RecipeOptions['programs']): Promise<Recipe>;
  service(verb: string): Promise<void>;
}

/** A machine on which dockpass is a service, as docs/install.md describes it, and which has a user. */
async function machineWithService(): Promise<Machine> {
  const root = await temporaryDirectory('machine');
  const path = (below: string): string => join(root, below);
  for (const folder of ['etc/cron.d', 'etc/nginx/conf.d', 'opt/dockpass/bin', 'var/backups', 'usr/local/bin'])
    await mkdir(path(folder), { recursive: true });
  await symlink(resolve(repository, 'bin/dockpass'), path('opt/dockpass/bin/dockpass'));
  await symlink(path('opt/dockpass/bin/dockpass'), path('usr/local/bin/dockpass'));
  const [port, operations, events] = await freePorts(3);
  const program = path('usr/local/bin/dockpass');
  const dockpass = async (...args: string[]): Promise<string> =>
    (await mustRun(program, ['--config', path('etc/dockpass/dockpass.yml'), ...args])).stdout;
  await mustRun(program, ['init', '--edge', 'nginx', '--out', path('etc/dockpass')], {
    cwd: root,
    env: {
      DOCKPASS_LISTEN: `127.0.0.1:${port}`,
      DOCKPASS_OPERATIONS_LISTEN: `127.0.0.1:${operations}`,
      DOCKPASS_EVENTS_LISTEN: `127.0.0.1:${events}`,
    },
  });
  await copyFile(path('etc/dockpass/dockpass-nginx.conf'), path('etc/nginx/conf.d/registry.conf'));
  let running: Running | undefined;
  const service = async (verb: string): Promise<void> => {
    if (verb !== 'start') await running?.stop();
    if (verb === 'stop') return;
    const args = ['--config', path('etc/dockpass/dockpass.yml'), 'serve'];
    running = await start(program, args, { cwd: path('etc/dockpass'), name: 'service' });
    await running.line(/token server ready/);
  };
  await service('start');
  await mustRun(program, ['--config', path('etc/dockpass/dockpass.yml'), ...addAlice], {
    input: `${password}\n`,
  });
  return {
    path,
    dockpass,
    addUser: async (name) => void (await dockpass('user', 'add', name, '--generate')),
    open: (page, folders, programs) =>
      openRecipe(page, {
        replace: [
          // The machine of the test has no user dockpass.
          ['--owner dockpass --group dockpass ', ''],
          ...folders.map((folder) => [folder, path(folder)] as const),
          ...(page.endsWith('upgrade.md') ? ([['127.0.0.1:5003', `127.0.0.1:${operations}`]] as const) : []),
        ],
        programs: { dockpass: [program], ...programs },
        service,
      }),
    service,
  };
}

const addAlice = ['user', 'add', 'alice', '--password-stdin'];

test('docs/backup.md', async () => {
  const machine = await machineWithService();
  const recipe = await machine.open('docs/backup.md', ['/etc/', '/var/backups/', '/usr/local/bin/']);
  await recipe.next();
  expect(await readdir(machine.path('var/backups/dockpass'))).toEqual(['dockpass.yml', 'first.db']);
  await machine.addUser('bob');

  // cron runs the sixth field and everything after it with sh, and replaces \% with %.
  await recipe.next();
  const table = await readFile(machine.path('etc/cron.d/dockpass-backup'), 'utf8');
  for (const line of table.trim().split('\n')) {
    const [, command = ''] = /^(?:\S+ ){5}dockpass (.*)$/.exec(line) ?? [];
    await mustRun('sh', ['-c', command.replaceAll('\\%', '%')]);
  }
  expect(await readdir(machine.path('var/backups/dockpass'))).toEqual([
    expect.stringMatching(/^\d{4}-\d\d-\d\d\.db$/),
    'dockpass.yml',
    'first.db',
  ]);

  await recipe.next();
  const listed = (await recipe.next()).stdout;
  expect(listed).toContain('alice');
  expect(listed).not.toContain('bob');
  await recipe.next();
  recipe.finish();
  await machine.service('stop');
});

// What a newer version does to the database: a migration that only adds, and one that an older version does not know.
const next = (allMigrations().at(-1)?.number ?? 0) + 1;
const migrations = {
  'only adds to the database': `create table later (name text not null primary key);
insert into schema_compatibility (number, works_with) values (${next}, ${next - 1});\n`,
  'changes the database': 'create table later (name text not null primary key);\n',
};

test.each(Object.entries(migrations))('docs/upgrade.md, with a version that %s', async (_what, migration) => {
  const machine = await machineWithService();
  const later = await laterPackage(migration);
  // docs/install.md and its test install a real package with npm.
  const npm = join(await temporaryDirectory('npm'), 'npm');
  await writeFile(npm, `#!/bin/sh\nln -sf ${later} ${machine.path('opt/dockpass/bin/dockpass')}\n`);
  await chmod(npm, 0o755);
  const recipe = await machine.open('docs/upgrade.md', ['/etc/', '/var/backups/', '/opt/'], {
    npm: [npm],
  });
  await recipe.next();
  expect((await recipe.next()).stderr).toContain('dockpass.yml is valid');
  await recipe.next();
  expect((await recipe.next()).stdout).toBe('the edge needs no change\n');
  await recipe.next();
  await machine.addUser('bob');

  if (migration.includes('schema_compatibility')) {
    await recipe.next();
    expect(await machine.dockpass('user', 'list')).toMatch(/^bob/m);
    recipe.skip('sudo systemctl stop dockpass\nsudo mkdir');
  } else {
    await expect(recipe.next()).rejects.toThrow(/Run the newer version/);
    await recipe.next();
    const listed = await machine.dockpass('user', 'list');
    expect(listed).toContain('alice');
    expect(listed).not.toContain('bob');
  }
  recipe.finish();
  await machine.service('stop');
});

/** Copies this build and adds a migration, as in a later version. @returns the path of its bin/dockpass */
async function laterPackage(migration: string): Promise<string> {
  const directory = await installedCopy();
  await writeFile(join(directory, 'migrations', `${String(next).padStart(4, '0')}_later.sql`), migration);
  return join(directory, 'bin', 'dockpass');
}
