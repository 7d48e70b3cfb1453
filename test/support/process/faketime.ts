import { part } from '../run/parts.ts';
import { mustRun } from './run.ts';

/**
 * The environment in which a C program (node, openssl; Go asks the kernel itself) lives at another time: `+1h`,
 * `-200d`. Not through the command `faketime`, which stays between us and the process that we want to stop.
 */
export async function atAnotherTime(offset: string): Promise<Record<string, string>> {
  const { stdout } = await mustRun(part('faketime'), ['-f', offset, 'env']);
  const library = /^LD_PRELOAD=(.+)$/m.exec(stdout)?.[1];
  if (library === undefined) throw new Error(`faketime names no library\n${stdout}`);
  return { LD_PRELOAD: library, FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: '1' };
}
