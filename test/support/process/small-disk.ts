import { afterwards } from '../run/afterwards.ts';
import { mustRun, run } from './run.ts';
import { temporaryDirectory } from '../run/temp.ts';

/** A file system of this many kibibytes, in memory. Needs root. */
export async function smallDisk(kibibytes: number): Promise<string> {
  const directory = await temporaryDirectory('disk');
  await mustRun('mount', ['-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'tmpfs', directory]);
  afterwards(async () => void (await run('umount', ['--lazy', directory])));
  return directory;
}
