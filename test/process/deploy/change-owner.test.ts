import { lstat, mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repository } from '../../support/run/environment.ts';
import { needs } from '../../support/run/parts.ts';
import { mustRun } from '../../support/process/run.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

// The containers start as root and give the volume to another user. Another process that can write to the volume must
// not be able to use this to get files outside the volume.

const user = 65532;
const module = join(repository, 'docker/change-owner.js');

interface Volume {
  readonly volume: string;
  /** A folder outside the volume, with a file that must not change its owner. */
  readonly outside: string;
}

async function newVolume(): Promise<Volume> {
  const [volume, outside] = [await temporaryDirectory('volume'), await temporaryDirectory('outside')];
  await mkdir(join(volume, 'a/b'), { recursive: true });
  for (const path of ['a/b/file', 'a/file', 'file']) await writeFile(join(volume, path), '');
  await mkdir(join(outside, 'b'));
  for (const path of ['b/file', 'file', 'passwd']) await writeFile(join(outside, path), '');
  return { volume, outside };
}

/** Returns the owners of a folder and of everything in it. Does not follow links. */
async function ownersIn(folder: string): Promise<number[]> {
  const { stdout } = await mustRun('find', [folder, '-printf', '%U\\n']);
  return [...new Set(stdout.trim().split('\n').map(Number))];
}

/** Runs changeOwner in a process of its own. */
async function change(folder: string): Promise<void> {
  await runModule(`
    const { changeOwner } = await import(${JSON.stringify(module)});
    changeOwner(${JSON.stringify(folder)}, ${user}, ${user});
  `);
}

async function runModule(script: string): Promise<void> {
  await mustRun(process.execPath, ['--input-type=module', '-e', script]);
}

/**
 * Runs changeOwner in a process of its own. At the moment `when`, the folder `a` in the volume becomes a symbolic link
 * to the folder outside.
 */
async function changeWhileExchanging({ volume, outside }: Volume, when: 'listed' | 'opened'): Promise<void> {
  // The exchange happens in the same process, in a function that changeOwner calls, so that it always hits the moment.
  await runModule(`
    import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    const [volume, outside] = ${JSON.stringify([volume, outside])};
    let isDone = false;
    const exchange = () => {
      if (isDone) return;
      isDone = true;
      fs.renameSync(volume + '/a', volume + '/moved');
      fs.symlinkSync(outside, volume + '/a');
    };
    const { readSync } = fs.Dir.prototype;
    fs.Dir.prototype.readSync = function () {
      const entry = readSync.call(this);
      if (entry?.name === (${JSON.stringify(when)} === 'listed' ? 'a' : 'b')) exchange();
      return entry;
    };
    syncBuiltinESMExports();
    const { changeOwner } = await import(${JSON.stringify(module)});
    changeOwner(volume, ${user}, ${user});
    if (!isDone) throw new Error('nothing was exchanged');
  `);
}

needs('root')('the change of the owner', () => {
  test('reaches everything in the volume, and links themselves but not their targets', async () => {
    const { volume, outside } = await newVolume();
    await symlink(outside, join(volume, 'link'));
    await symlink(join(outside, 'passwd'), join(volume, 'a/link'));
    await change(volume);
    expect(await ownersIn(volume)).toEqual([user]);
    expect(await ownersIn(outside)).toEqual([0]);
  });

  test.each(['listed', 'opened'] as const)(
    'does not follow a folder that is exchanged for a link out of the volume after it was %s',
    async (when) => {
      const place = await newVolume();
      await changeWhileExchanging(place, when);
      expect((await lstat(join(place.volume, 'a'))).isSymbolicLink()).toBe(true);
      expect(await ownersIn(place.outside)).toEqual([0]);
      expect((await stat(place.volume)).uid).toBe(user);
    },
  );

  test('rejects a volume that is itself a link', async () => {
    const { outside } = await newVolume();
    const link = join(await temporaryDirectory('link'), 'volume');
    await symlink(outside, link);
    await expect(change(link)).rejects.toThrow(/is not a folder/);
    expect(await ownersIn(outside)).toEqual([0]);
  });
});
