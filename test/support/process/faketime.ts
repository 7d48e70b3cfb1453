import { part } from '../run/parts.ts';
import { mustRun } from './run.ts';

/**
 * Returns environment variables with which a program sees another time, such as `+1h` or `-200d`. They work for
 * programs that use libc, such as node and openssl, but not for Go programs. The command `faketime` itself is not used
 * to start the program, because it would stay as a process between the test and the program that the test stops.
 */
export async function atAnotherTime(offset: string): Promise<Record<string, string>> {
  const { stdout } = await mustRun(part('faketime'), ['-f', offset, 'env']);
  const library = /^LD_PRELOAD=(.+)$/m.exec(stdout)?.[1];
  if (library === undefined) throw new Error(`faketime did not set LD_PRELOAD\n${stdout}`);
  return { LD_PRELOAD: library, FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: '1' };
}
