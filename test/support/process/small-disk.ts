import { afterwards } from '../run/afterwards.ts';
import { mustRun, run } from './run.ts';
import { temporaryDirectory } from '../run/temp.ts';

/** Mounts a file system of this many KiB in memory, and returns its directory. Needs root. */
export async function smallDisk(kibibytes: number): Promise<string> {
  const directory = await temporaryDirectory('disk');
  await mustRun('mount', ['-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'tmpfs', directory]);
  afterwards(async () => void (await run('umount', ['--lazy', directory])));
  return directory;
}
