import {
  chmod,
  chown,
  copyFile,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startTokenServer, type TokenServer } from '../../src/app/server.ts';
import type { Finding } from '../../src/doctor/finding.ts';
import { openKeyRing } from '../../src/keys/open-key-ring.ts';
import { publish } from '../../src/keys/stored-keys.ts';
import { createLog } from '../../src/observe/log.ts';
import { startPostgres } from '../support/database/postgres.ts';
import { dockpassHome, startServe } from '../support/dockpass/dockpass.ts';
import { configIn } from '../support/dockpass/settings.ts';
import { mustRun } from '../support/process/run.ts';
import { afterwards } from '../support/run/afterwards.ts';
import { needs } from '../support/run/parts.ts';
import { temporaryDirectory } from '../support/run/temp.ts';

// Another user of the machine tries to get at keys and data through files and folders that are not protected.

/** A user that is neither the one that runs dockpass nor root. */
const stranger = 12_345;

interface Started {
  readonly server: TokenServer;
  readonly logged: readonly string[];
}

async function start(directory: string, settings: Readonly<Record<string, unknown>> = {}): Promise<Started> {
  const config = await configIn(directory, {
    listen: '127.0.0.1:0',
    operations: { listen: '127.0.0.1:0' },
    ...settings,
  });
  const logged: string[] = [];
  const server = await startTokenServer(config, { log: createLog((line) => logged.push(line)) });
  afterwards(() => server.close());
  return { server, logged };
}

/** Starts a new installation and stops it. @returns its directory */
async function installed(): Promise<string> {
  const directory = await temporaryDirectory('installed');
  const { server, logged } = await start(directory);
  await server.close();
  expect(logged).toEqual([]);
  return directory;
}

async function doctor(directory: string): Promise<Finding | undefined> {
  const home = await dockpassHome({ directory });
  const { stdout } = await home.cli(['doctor', '--read-only', '--json']);
  return (JSON.parse(stdout) as Finding[]).find(({ code }) => code === 'files_unprotected');
}

needs('root')('an existing installation', () => {
  test.each<[what: string, attack: (at: string) => Promise<void>, problem: RegExp]>([
    [
      'a key folder that everyone can write to',
      (at) => chmod(join(at, 'keys'), 0o777),
      /write to \S+keys \(mode 0777\)/,
    ],
    [
      'a key folder that is writable with the sticky bit',
      (at) => chmod(join(at, 'keys'), 0o1777),
      /mode 1777/,
    ],
    [
      'a key folder of another user',
      (at) => chown(join(at, 'keys'), stranger, 0),
      /keys belongs to another user \(12345\)/,
    ],
    [
      'a key folder that a foreign group can write to',
      async (at) => {
        await chown(join(at, 'keys'), 0, stranger);
        await chmod(join(at, 'keys'), 0o775);
      },
      /keys \(mode 0775\)/,
    ],
    [
      'a signing key of another user',
      (at) => chown(join(at, 'keys/leaves-1.pem'), stranger, 0),
      /leaves-1\.pem belongs/,
    ],
    [
      'a certificate authority of another user',
      (at) => chown(join(at, 'keys/authority.pem'), stranger, 0),
      /authority\.pem/,
    ],
    [
      'a planted certificate that the trust bundle would contain',
      async (at) => {
        await writeFile(join(at, 'keys/authority-previous.crt'), '');
        await chown(join(at, 'keys/authority-previous.crt'), stranger, 0);
      },
      /authority-previous\.crt belongs/,
    ],
    [
      'a data folder that everyone can write to',
      (at) => chmod(join(at, 'data'), 0o777),
      /data \(mode 0777\)/,
    ],
    [
      'a database that everyone can write to',
      (at) => chmod(join(at, 'data/dockpass.db'), 0o666),
      /dockpass\.db \(mode 0666\)/,
    ],
    [
      'a configuration file that everyone can write to',
      (at) => chmod(join(at, 'dockpass.yml'), 0o666),
      /dockpass\.yml/,
    ],
  ])(
    'with %s starts and logs an error; doctor names the fix, and strictPermissions enforces it',
    async (_what, attack, problem) => {
      const directory = await installed();
      await configIn(directory, { listen: '127.0.0.1:0', operations: { listen: '127.0.0.1:0' } });
      await attack(directory);
      const { server, logged } = await start(directory);
      await server.close();
      expect(logged.join()).toMatch(problem);
      expect(JSON.parse(logged[0] ?? '{}')).toMatchObject({ level: 'error' });
      await expect(start(directory, { strictPermissions: true })).rejects.toMatchObject({
        code: 'key_files',
        message: expect.stringMatching(problem) as string,
      });
      const finding = await doctor(directory);
      expect(finding).toMatchObject({ severity: 'wrong', problem: expect.stringMatching(problem) as string });
      await mustRun('sh', ['-c', finding?.fix ?? 'false']);
      expect(await doctor(directory)).toBeUndefined();
      const fixed = await start(directory, { strictPermissions: true });
      expect(fixed.logged).toEqual([]);
    },
  );

  test('of files that belong to root, and of a group of the process, is accepted', async () => {
    const directory = await temporaryDirectory('mounted');
    await chmod(directory, 0o777);
    const as = ['setpriv', '--reuid=65532', '--regid=65532', '--clear-groups'];
    const first = await startServe({ directory, through: as, config: { strictPermissions: true } });
    await first.process.stop();
    const keys = join(directory, 'keys');
    // Kubernetes mounts secrets and volumes with fsGroup in this way.
    for (const name of ['authority.pem', 'leaves-1.pem']) {
      await chown(join(keys, name), 0, 65_532);
      await chmod(join(keys, name), 0o440);
    }
    await chown(keys, 0, 65_532);
    await chmod(keys, 0o2775);
    const second = await startServe({ directory, through: as, config: { strictPermissions: true } });
    expect(second.process.output()).not.toContain('"error"');
    // A group that the process does not belong to can still not read a key.
    await second.process.stop();
    await chown(join(keys, 'leaves-1.pem'), 0, stranger);
    await expect(startServe({ directory, through: as })).rejects.toThrow(/leaves-1\.pem/);
  });
});

needs('root')('a new installation', () => {
  test.each(['keys', 'data'])('does not start if everyone can write to its folder %s', async (name) => {
    const directory = await temporaryDirectory('new');
    await mkdir(join(directory, name));
    await chmod(join(directory, name), 0o777);
    await expect(start(directory)).rejects.toMatchObject({
      code: 'key_files',
      message: expect.stringContaining(`chmod go-w ${join(directory, name)}`) as string,
    });
    expect(await readdir(join(directory, name))).toEqual([]);
  });

  test('does not use keys that someone has planted before its first start', async () => {
    const other = await installed();
    const directory = await temporaryDirectory('new');
    await mkdir(join(directory, 'keys'));
    for (const name of ['authority.pem', 'leaves-1.pem']) {
      await copyFile(join(other, 'keys', name), join(directory, 'keys', name));
      await chown(join(directory, 'keys', name), stranger, stranger);
    }
    await expect(start(directory)).rejects.toMatchObject({
      code: 'key_files',
      message: expect.stringMatching(/chown 0 \S+authority\.pem/) as string,
    });
    expect(await readdir(directory)).not.toContain('data');
  });
});

needs('root', 'postgres')('with PostgreSQL', () => {
  test('an installation is new until the database has tables', async () => {
    const database = await (await startPostgres({ fsync: 'off' })).newDatabase();
    const directory = await temporaryDirectory('postgres');
    const keys = join(directory, 'keys');
    const settings = { database, keys: { secret: 'a secret of more than thirty-two characters' } };
    await mkdir(keys);
    await chmod(keys, 0o777);
    await expect(start(directory, settings)).rejects.toMatchObject({ code: 'key_files' });
    await chmod(keys, 0o755);
    const { server } = await start(directory, settings);
    await server.close();
    await chmod(keys, 0o777);
    const { logged } = await start(directory, settings);
    expect(logged.join()).toContain(`other users can write to ${keys}`);
  });
});

describe('the trust bundle', () => {
  const bundleOf = (directory: string): string => join(directory, 'keys/rootcertbundle.pem');

  test('is written again at the next start if someone has changed it', async () => {
    const directory = await installed();
    const before = await readFile(bundleOf(directory), 'utf8');
    const planted = await readFile(bundleOf(await installed()), 'utf8');
    await writeFile(bundleOf(directory), before + planted);
    await start(directory);
    expect(await readFile(bundleOf(directory), 'utf8')).toBe(before);
  });

  test.each(['rootcertbundle.pem', 'jwks.json'])(
    '(or %s) is written again by a running server, which logs an error',
    async (name) => {
      const directory = await temporaryDirectory('running');
      const { logged } = await start(directory);
      const path = join(directory, 'keys', name);
      const before = await readFile(path, 'utf8');
      // A change in place with the old size and the old times is the hardest to see.
      const { mtime } = await stat(path);
      await mustRun('sh', [
        '-c',
        `tr A-M N-Z < "$1" > "$1.new" && cat "$1.new" > "$1" && rm "$1.new"`,
        'sh',
        path,
      ]);
      await mustRun('touch', ['-d', mtime.toISOString(), path]);
      await expect.poll(() => readFile(path, 'utf8')).toBe(before);
      await expect.poll(() => logged.join()).toContain(name);
      expect(logged.join()).toContain('was changed by another program');
    },
  );

  test('is written again if it was removed, or replaced by a link to a file of someone else', async () => {
    const directory = await temporaryDirectory('running');
    await start(directory);
    const path = bundleOf(directory);
    const before = await readFile(path, 'utf8');
    const elsewhere = join(await temporaryDirectory('elsewhere'), 'bundle');
    await rename(path, elsewhere);
    await expect.poll(() => readFile(path, 'utf8').catch(() => '')).toBe(before);
    await rename(path, elsewhere);
    await symlink(elsewhere, path).catch(() => undefined);
    await expect
      .poll(() =>
        lstat(path).then(
          (found) => found.isFile(),
          () => false,
        ),
      )
      .toBe(true);
    await writeFile(elsewhere, 'tampered');
    expect(await readFile(path, 'utf8')).toBe(before);
  });

  test('is written again if it is changed right after it was written', async () => {
    const directory = await temporaryDirectory('race');
    const { keys } = await configIn(directory);
    const path = bundleOf(directory);
    let changes = 1;
    const tampered: string[] = [];
    const ring = await openKeyRing(keys, Date.now, undefined, {
      publishKeys: async (settings, stored) => {
        const different = await publish(settings, stored);
        // Another program acts at the worst moment: after the write, and before anything else.
        if (changes-- > 0) await writeFile(path, 'tampered');
        return different;
      },
      onTampering: (changed) => void tampered.push(changed),
    });
    await ring.refresh();
    expect(await readFile(path, 'utf8')).toBe(ring.rootCertBundle());
    expect(tampered).toEqual([path]);
  });

  test('is not reported as changed if another dockpass rotates the keys', async () => {
    const server = await startServe({ config: { keys: { mode: 'kid' } } });
    for (let round = 0; round < 3; round++) await server.must(['keys', 'rotate']);
    const bundle = (await server.must(['keys', 'export', '--pem'])).stdout;
    await expect.poll(() => readFile(bundleOf(server.directory), 'utf8')).toBe(bundle);
    await server.process.stop();
    expect(server.process.output()).not.toContain('changed by another program');
  });
});
