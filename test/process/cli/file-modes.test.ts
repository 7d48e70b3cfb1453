import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { dockpassBin, dockpassHome, type DockpassHome } from '../../support/dockpass/dockpass.ts';
import { start } from '../../support/process/process.ts';
import { untilHttp } from '../../support/process/ready.ts';
import { run, succeeded, type RunOptions } from '../../support/process/run.ts';
import { needs, part } from '../../support/run/parts.ts';
import { freePorts } from '../../support/run/ports.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

// strace watches with which mode each file and folder is created and how its mode changes later, while the umask allows
// everything. A file that ever holds a secret must be private before its first byte, under its temporary name too.

const password = 'correct horse battery staple';
const secret = 'a secret of more than thirty-two characters';

/** Files that contain nothing secret. Registries and edges, which may be other users, read them. */
const publicFiles =
  /^(?:rootcertbundle\.pem|jwks\.json|ca\.crt|authority[a-z-]*\.crt|dockpass\.yml|registry-config\.yml|Caddyfile|dockpass-nginx\.conf)(?:\.[0-9a-f-]{36}\.draft)?$/;

interface Traced {
  /** A line for each file or folder that was created with a mode that is too open, or whose mode became too open. */
  readonly open: readonly string[];
  /** The names of all files that were created. */
  readonly created: ReadonlySet<string>;
}

/** The question mark means that strace ignores a call that it does not know. */
const calls = [
  ...['open', 'openat', 'creat', 'mkdir', 'mkdirat', 'mknod', 'mknodat'],
  ...['chmod', 'fchmod', 'fchmodat', 'fchmodat2', 'unlink', 'unlinkat', 'rename', 'renameat', 'renameat2'],
]
  .map((name) => `?${name}`)
  .join(',');

/**
 * Returns the command line that runs dockpass with the umask 000 and records its system calls in the file `log`.
 * @param options `-D` makes strace a child of dockpass, so that signals reach dockpass
 */
function traced(log: string, args: readonly string[], options: readonly string[] = []): string[] {
  const strace = [
    part('strace'),
    ...options,
    '-f',
    '-qq',
    '-y',
    '-s',
    '4096',
    '-e',
    `trace=${calls}`,
    '-o',
    log,
  ];
  return ['-c', 'umask 000; exec "$@"', 'sh', ...strace, process.execPath, dockpassBin, ...args];
}

/** Runs a command, which must succeed, and reads which files it created. */
async function trace(home: DockpassHome, args: readonly string[], options: RunOptions = {}): Promise<Traced> {
  const log = join(await temporaryDirectory('strace'), 'log');
  const before = await pathsIn(home);
  const env = { ...home.env, ...options.env };
  succeeded(await run('sh', traced(log, args), { cwd: home.directory, ...options, env }));
  return readTrace(home, log, before);
}

async function pathsIn({ directory }: DockpassHome): Promise<string[]> {
  return (await readdir(directory, { recursive: true })).map((name) => join(directory, name));
}

/** @param before the paths that existed before the trace: a mode has no effect if such a file is opened */
async function readTrace(
  { directory }: DockpassHome,
  log: string,
  before: readonly string[] = [],
): Promise<Traced> {
  const open: string[] = [];
  const created = new Set<string>();
  const existing = new Set(before);
  for (const line of wholeLines(await readFile(log, 'utf8'))) {
    const [, name = '', args = ''] = /^\d+ +(\w+)\((.*)\) += (?!-1)/.exec(line) ?? [];
    const path = pathIn(args, directory);
    if (path === undefined) continue;
    if (/^(?:unlink|rename)/.test(name)) existing.delete(path);
    const mode = Number.parseInt(/, (0\d+)$/.exec(args)?.[1] ?? '', 8);
    const isFolder = name.startsWith('mkdir');
    const isCreated = isFolder || /^(?:creat|mknod)/.test(name) || args.includes('O_CREAT');
    if (Number.isNaN(mode) || (isCreated && existing.has(path))) continue;
    if (isCreated) existing.add(path);
    if (isCreated && !isFolder) created.add(basename(path).replace(/\.[0-9a-f-]{36}\.draft$/, ''));
    if ((mode & tooOpen(path, isFolder)) !== 0) open.push(line);
  }
  return { open, created };
}

/** Returns the permissions that other users must not have. */
function tooOpen(path: string, isFolder: boolean): number {
  return isFolder || publicFiles.test(basename(path)) ? 0o022 : 0o077;
}

/** Joins the two lines that strace writes for a call during which another thread makes a call. */
function wholeLines(text: string): string[] {
  const unfinished = new Map<string, string>();
  return text.split('\n').flatMap((line) => {
    const thread = line.split(' ', 1)[0] ?? '';
    const begun = /^(.*) <unfinished \.\.\.>$/.exec(line)?.[1];
    if (begun !== undefined) {
      unfinished.set(thread, begun);
      return [];
    }
    const rest = /<\.\.\. \w+ resumed>(.*)$/.exec(line)?.[1];
    return [rest === undefined ? line : `${unfinished.get(thread) ?? ''}${rest}`];
  });
}

/** Returns the path of a system call below the directory, or undefined if the path is elsewhere. */
function pathIn(args: string, directory: string): string | undefined {
  const quoted = /"([^"]*)"/.exec(args)?.[1] ?? /<([^>]*)>/.exec(args)?.[1] ?? '';
  const path = quoted.startsWith('/') ? quoted : join(directory, quoted);
  return path.startsWith(directory) ? path : undefined;
}

/** Returns the files below a directory that other users can access, and the folders that other users can write to. */
async function openIn(home: DockpassHome): Promise<string[]> {
  const found = await Promise.all(
    (await pathsIn(home)).map(async (path) => {
      const { mode } = await stat(path);
      const isFolder = (mode & 0o170000) === 0o040000;
      return (mode & tooOpen(path, isFolder)) === 0 ? [] : [`${path} ${mode.toString(8)}`];
    }),
  );
  return found.flat();
}

needs('strace')('under the umask 000, no file with a secret is open to other users at any moment', () => {
  test('when init creates keys and certificates', async () => {
    const home = await dockpassHome();
    const { open, created } = await trace(home, ['init', '--public-domain', 'pub.example.com']);
    expect(open).toEqual([]);
    expect([...created]).toEqual(
      expect.arrayContaining(['authority.pem', 'leaves-1.pem', 'ca.pem', 'server.pem', 'rootcertbundle.pem']),
    );
    expect(await openIn(home)).toEqual([]);
  });

  test('when the first start of a server creates keys and the database, and a user is added', async () => {
    const [port = 0, operations = 0] = await freePorts(2);
    const env = {
      DOCKPASS_LISTEN: `127.0.0.1:${port}`,
      DOCKPASS_OPERATIONS_LISTEN: `127.0.0.1:${operations}`,
    };
    const home = await dockpassHome({ env });
    const log = join(await temporaryDirectory('strace'), 'log');
    const { directory: cwd } = home;
    const server = await start('sh', traced(log, ['serve'], ['-D']), { cwd, env: home.env });
    await untilHttp(`http://127.0.0.1:${operations}/readyz`, { part: server, status: 200 });
    expect(await trace(home, ['user', 'add', 'alice', '--generate'])).toMatchObject({ open: [] });
    expect(await openIn(home)).toEqual([]);
    await server.stop();
    const { open, created } = await readTrace(home, log);
    expect(open).toEqual([]);
    expect([...created]).toEqual(expect.arrayContaining(['authority.pem', 'leaves-1.pem', 'dockpass.db']));
  });

  test('when keys are rotated, and moved to the database', async () => {
    const home = await dockpassHome();
    await home.must(['user', 'list']);
    for (const args of [
      ['keys', 'list'],
      ['keys', 'rotate'],
    ]) {
      const { open, created } = await trace(home, args);
      expect([args, open]).toEqual([args, []]);
      expect([...created].join()).toMatch(/leaves-\d\.pem/);
    }
    const env = { DOCKPASS_KEYS_SECRET: secret };
    const moved = await trace(home, ['keys', 'move', '--to', 'database', '--without-authority'], { env });
    expect(moved.open).toEqual([]);
    expect(await openIn(home)).toEqual([]);
  });

  test('when a backup is written and restored, with the keys', async () => {
    const home = await dockpassHome();
    await home.addUser('alice', password);
    await home.must(['keys', 'list']);
    const file = join(home.directory, 'backup.db');
    const backup = await trace(home, ['backup', file]);
    expect(backup.open).toEqual([]);
    expect([...backup.created]).toContain('backup.db');
    expect(await openIn(home)).toEqual([]);

    const other = await dockpassHome();
    const restored = await trace(other, ['restore', file, '--yes']);
    expect(restored.open).toEqual([]);
    expect([...restored.created]).toEqual(
      expect.arrayContaining(['dockpass.db', 'authority.pem', 'leaves-1.pem']),
    );
    expect(await openIn(other)).toEqual([]);
  });
});
