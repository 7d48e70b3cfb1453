import { join } from 'node:path';
import { mkdir, copyFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { mustRun, run } from '../../support/process/run.ts';
import { repository } from '../../support/run/environment.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

/** Runs the check in a new repository, which has a base commit and then one commit for each subject. */
async function check(...subjects: readonly string[]): Promise<{ status: number; stderr: string }> {
  const folder = await temporaryDirectory('commits');
  const git = (...args: string[]): Promise<unknown> =>
    mustRun('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args], { cwd: folder });
  await git('init', '--quiet');
  await mkdir(join(folder, 'scripts'));
  await copyFile(join(repository, 'scripts/check-commits.sh'), join(folder, 'scripts/check-commits.sh'));
  for (const subject of ['chore: base', ...subjects])
    await git('commit', '--quiet', '--allow-empty', '-m', subject);
  const base = `HEAD~${subjects.length}`;
  const { status, stderr } = await run('bash', [join(folder, 'scripts/check-commits.sh'), base]);
  return { status, stderr };
}

test('accepts Conventional Commits of at most 72 characters', async () => {
  const longest = `fix(token): ${'x'.repeat(60)}`;
  expect(await check('feat: a', 'refactor(up)!: b', longest)).toEqual({ status: 0, stderr: '' });
});

test('names each subject that is too long or without a type', async () => {
  const long = `fix(token): ${'x'.repeat(61)}`;
  const { status, stderr } = await check(long, 'Update things', 'docs: fine');
  expect(status).toBe(1);
  expect(stderr).toContain(`73 characters, at most 72 are allowed: ${long}`);
  expect(stderr).toContain(
    'not a Conventional Commit, such as "fix(token): reject an empty scope": Update things',
  );
  expect(stderr).not.toContain('docs: fine');
});
