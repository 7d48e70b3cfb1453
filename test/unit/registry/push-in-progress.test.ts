import { mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { isPushInProgress } from '../../../src/registry/storage/push-in-progress.ts';
import { repositoriesIn } from '../../../src/registry/storage/repositories.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

const now = Date.UTC(2026, 10, 29, 12);
const minute = 60_000;
const root = 'docker/registry/v2';
const hex = (name: string): string => Buffer.from(name).toString('hex').padEnd(64, '0');

/** A storage whose files are so many minutes old. */
async function storageWith(files: Readonly<Record<string, number>>, contents: Record<string, string> = {}) {
  const storage = await temporaryDirectory('storage');
  for (const [name, age] of Object.entries(files)) {
    const path = join(storage, root, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, contents[name] ?? '');
    const at = new Date(now - age * minute);
    await utimes(path, at, at);
    await utimes(dirname(path), at, at);
  }
  return storage;
}

const layer = (name: string): string => `repositories/app/_layers/sha256/${hex(name)}/link`;
const manifest = (name: string): string => `repositories/app/_manifests/revisions/sha256/${hex(name)}/link`;
const blob = (name: string): string => `blobs/sha256/${hex(name).slice(0, 2)}/${hex(name)}/data`;

test.each([
  ['an open upload', { 'repositories/app/_uploads/1/data': 1 }, true],
  ['an upload that has just begun', { 'repositories/app/_uploads/1/startedat': 1 }, true],
  ['an upload that was abandoned', { 'repositories/app/_uploads/1/data': 61 }, false],
  ['a layer without a manifest', { [layer('a')]: 5, [blob('a')]: 5 }, true],
  ['a layer that is newer', { [manifest('m')]: 10, [layer('a')]: 5, [blob('a')]: 5 }, true],
  ['a layer that is older', { [manifest('m')]: 5, [layer('a')]: 10, [blob('a')]: 10 }, false],
  ['a layer that was collected', { [manifest('m')]: 10, [layer('a')]: 5 }, false],
  ['a layer of an abandoned push', { [layer('a')]: 61, [blob('a')]: 61 }, false],
])('a push to a repository with %s is in progress: %#', async (_what, files, expected) => {
  const storage = await storageWith(files as unknown as Record<string, number>);
  expect(await isPushInProgress(storage, 'app', now)).toBe(expected);
});

test('a layer of a deleted manifest is no push, but another layer is', async () => {
  const files = {
    [manifest('m')]: 4,
    [blob('m')]: 4,
    [layer('a')]: 5,
    [blob('a')]: 5,
    [layer('b')]: 3,
    [blob('b')]: 3,
  };
  const storage = await storageWith(files, { [blob('m')]: `{"layers":[{"digest":"sha256:${hex('a')}"}]}` });
  await rm(join(storage, root, manifest('m')));
  expect(await isPushInProgress(storage, 'app', now)).toBe(true);
  await rm(join(storage, root, dirname(layer('b'))), { recursive: true });
  expect(await isPushInProgress(storage, 'app', now)).toBe(false);
});

test('a layer that an interrupted garbage collection has left is no push', async () => {
  const storage = await storageWith({ [manifest('m')]: 4, [layer('a')]: 5, [blob('a')]: 5 });
  const folder = join(storage, root, dirname(manifest('m')));
  await rm(join(folder, 'link'));
  await utimes(folder, new Date(now - 2 * minute), new Date(now - 2 * minute));
  expect(await isPushInProgress(storage, 'app', now)).toBe(false);
});

test('finds all repositories, also one inside another and one with only an upload', async () => {
  const storage = await storageWith({
    [layer('a')]: 1,
    'repositories/app/inside/_uploads/1/data': 1,
    'repositories/team/other/_manifests/x': 1,
  });
  const found: string[] = [];
  for await (const name of repositoriesIn(storage)) found.push(name);
  expect(found.toSorted()).toEqual(['app', 'app/inside', 'team/other']);
  for await (const name of repositoriesIn(join(storage, 'missing'))) expect(name).toBe('none');
});
