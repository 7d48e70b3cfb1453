import { chmod, chown, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startServe } from '../../support/dockpass/dockpass.ts';
import { installedCopy } from '../../support/dockpass/installed-copy.ts';
import { until, untilHttp } from '../../support/process/ready.ts';
import { repository } from '../../support/run/environment.ts';
import { needs } from '../../support/run/parts.ts';
import { mustRun, run } from '../../support/process/run.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

const name = `dockpass-compiled-${process.getuid?.()}`;

/** Runs a command whose folder for temporary files is TMPDIR. @returns what it printed */
async function runWith(TMPDIR: string, installed = repository, more = {}): Promise<string> {
  const env = { TMPDIR, ...more };
  const { stdout } = await mustRun(join(installed, 'bin/dockpass'), ['user', '--help'], { env });
  expect(stdout).toContain('Usage: dockpass user');
  return stdout;
}

/** The content of each file with compiled code of a command, by its name. */
async function storedCode(temporary: string, command: string): Promise<Map<string, Buffer>> {
  const folder = join(temporary, name, command);
  const files = await readdir(folder);
  return new Map(
    await Promise.all(files.map(async (file) => [file, await readFile(join(folder, file))] as const)),
  );
}

test('compiled code is cached in a folder that only its user can read', async () => {
  const temporary = await temporaryDirectory('tmp');
  await runWith(temporary);
  const folder = join(temporary, name);
  const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);
  expect(await modeOf(folder)).toBe('700');
  const [file = ''] = await readdir(join(folder, 'user'));
  expect(await modeOf(join(folder, 'user', file))).toBe('600');
});

const damage: readonly (readonly [string, (code: Buffer) => Uint8Array])[] = [
  [
    'has a wrong byte',
    (code) => code.fill((code[code.length / 4] ?? 0) ^ 1, code.length / 4, code.length / 4 + 1),
  ],
  ['ends too early', (code) => code.subarray(0, 0.7 * code.length)],
  ['is empty', () => new Uint8Array()],
  ['contains only zeros', (code) => code.fill(0)],
  ['is from another version of V8', (code) => code.map((byte) => byte ^ 1)],
];

test.each(damage)('compiled code is compiled again if a file %s', async (_what, damaged) => {
  const temporary = await temporaryDirectory('tmp');
  const help = await runWith(temporary);
  const before = await storedCode(temporary, 'user');
  for (const [file, code] of before)
    await writeFile(join(temporary, name, 'user', file), damaged(Buffer.from(code)));

  expect(await runWith(temporary)).toBe(help);
  for (const [file, code] of await storedCode(temporary, 'user')) {
    const half = code.length / 2;
    expect(half, file).toBeGreaterThan(0);
    expect(code.subarray(0, half).equals(code.subarray(half)), file).toBe(true);
  }
});

test('a program file that somebody has changed is compiled again', async () => {
  const temporary = await temporaryDirectory('tmp');
  const installed = await installedCopy();
  await runWith(temporary, installed);
  const dist = join(installed, 'dist');
  for (const file of await readdir(dist)) {
    if (!file.endsWith('.js')) continue;
    const source = await readFile(join(dist, file), 'utf8');
    // The new text has the same length, which is all that V8 checks.
    const changed = source.replace('Manage users; ', 'Modify users; ');
    if (changed !== source) await writeFile(join(dist, file), changed);
  }
  expect(await runWith(temporary, installed)).toContain('Modify users; ');
});

test('code of a version that was installed earlier is removed', async () => {
  const temporary = await temporaryDirectory('tmp');
  const folder = join(temporary, name, 'user');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(join(temporary, name), 0o700);
  const [old, recent] = [join(folder, 'cli-OLD.js'), join(folder, 'cli-RECENT.js')];
  for (const file of [old, recent]) await writeFile(file, 'code');
  await utimes(old, 0, 0);
  await runWith(temporary);
  const files = await readdir(folder);
  expect(files).toContain('cli-RECENT.js');
  expect(files).not.toContain('cli-OLD.js');
});

test('compiled code is not cached if NODE_DISABLE_COMPILE_CACHE is 1', async () => {
  const temporary = await temporaryDirectory('tmp');
  await runWith(temporary, repository, { NODE_DISABLE_COMPILE_CACHE: '1' });
  expect(await readdir(temporary)).toEqual([]);
});

test('a word that is not a command does not create a folder', async () => {
  const temporary = await temporaryDirectory('tmp');
  const { status } = await run(join(repository, 'bin/dockpass'), ['usr'], { env: { TMPDIR: temporary } });
  expect(status).toBe(2);
  expect((await readdir(join(temporary, name))).filter((folder) => !folder.startsWith('v'))).toEqual([]);
});

test('a server that is idle stores its compiled code, also if it is killed later', async () => {
  const temporary = await temporaryDirectory('tmp');
  const env = { TMPDIR: temporary };
  const first = await startServe({ env });
  await until('compiled code', { part: first.process }, async () =>
    (await storedCode(temporary, 'serve')).size > 0 ? true : undefined,
  );
  // The server answers when it has stored all files.
  await untilHttp(`${first.operationsUrl}/readyz`, { part: first.process, status: 200 });
  const code = await storedCode(temporary, 'serve');
  first.process.signal('SIGKILL');
  await first.process.ended;

  const second = await startServe({ env, directory: first.directory });
  expect((await fetch(`${second.url}/auth/token`)).status).toBe(401);
  await second.process.stop();
  const after = await storedCode(temporary, 'serve');
  for (const [file, stored] of code) expect(after.get(file)?.equals(stored), file).toBe(true);
});

test.each([
  ['another user can write to it', (folder: string) => chmod(folder, 0o777)],
  ['its group can write to it', (folder: string) => chmod(folder, 0o770)],
])('a cache of compiled code is not used if %s', async (_why, change) => {
  const temporary = await temporaryDirectory('tmp');
  const folder = join(temporary, name);
  await mkdir(folder);
  await change(folder);
  await runWith(temporary);
  expect(await readdir(folder)).toEqual([]);
});

test('a cache of compiled code is not used if it is a symbolic link', async () => {
  const temporary = await temporaryDirectory('tmp');
  const target = await temporaryDirectory('target');
  await symlink(target, join(temporary, name));
  await runWith(temporary);
  expect(await readdir(target)).toEqual([]);
});

needs('root')('as root', () => {
  test('a cache of compiled code is not used if it belongs to another user', async () => {
    const temporary = await temporaryDirectory('tmp');
    const folder = join(temporary, name);
    await mkdir(folder, 0o700);
    await chown(folder, 65532, 65532);
    await runWith(temporary);
    expect(await readdir(folder)).toEqual([]);
  });
});

test.each([
  ['does not exist', async () => join(await temporaryDirectory('tmp'), 'missing')],
  ['is a file', () => Promise.resolve(join(repository, 'package.json'))],
])('dockpass runs without a cache if the folder for temporary files %s', async (_why, folder) => {
  await runWith(await folder());
});
