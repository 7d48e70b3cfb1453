import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Secret } from '../src/secret.ts';
import { maxCounterCount } from '../src/identity/throttle/attempt-counters.ts';
import { createThrottle } from '../src/identity/throttle/throttle.ts';

export interface ThrottleMemory {
  readonly names: number;
  readonly entries: number;
  /** Bytes of memory that the throttle uses, in the heap and in typed arrays. */
  readonly heap: number;
}

/**
 * Records failed login attempts for `most` user names, each from another address, and measures the memory meanwhile.
 * @param each the first number of names after which the memory is measured
 */
export async function throttleMemory(
  each: number,
  most: number,
): Promise<{ capacity: number; at: readonly ThrottleMemory[] }> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const used = (): number => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = used();
  const throttle = createThrottle(Date.now);
  const password = new Secret('wrong');
  const at: ThrottleMemory[] = [];
  for (let names = 1; names <= most; names++) {
    const address = `10.${(names >> 16) & 255}.${(names >> 8) & 255}.${names & 255}`;
    const attempt = { name: `guess${names}`, address, password, unlockedAt: null, accountExists: false };
    await throttle.attempt(attempt, async () => false, Boolean);
    if (names === each || names === most / 10 || names === most)
      at.push({ names, entries: throttle.entryCount(), heap: used() - before });
  }
  return { capacity: maxCounterCount, at };
}
