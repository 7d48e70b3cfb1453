import { chmod, chown, mkdir, readdir, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repository } from '../../support/run/environment.ts';
import { needs } from '../../support/run/parts.ts';
import { mustRun } from '../../support/process/run.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

const name = `dockpass-compiled-${process.getuid?.()}`;

/** Runs a command whose folder for temporary files is TMPDIR. */
async function runWith(TMPDIR: string): Promise<void> {
  const { stdout } = await mustRun(join(repository, 'bin/dockpass'), ['user', '--help'], { env: { TMPDIR } });
  expect(stdout).toContain('user');
}

test('compiled code is cached in a folder that only its user can read', async () => {
  const temporary = await temporaryDirectory('tmp');
  await runWith(temporary);
  const folder = join(temporary, name);
  expect(await readdir(folder)).not.toEqual([]);
  expect(((await stat(folder)).mode & 0o777).toString(8)).toBe('700');
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
