import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Secret } from '../src/secret.ts';
import { createThrottle } from '../src/identity/throttle/throttle.ts';

export interface ThrottleMemory {
  readonly names: number;
  readonly entries: number;
  /** Bytes of heap memory that the throttle uses. */
  readonly heap: number;
}

/**
 * Records failed login attempts for `most` user names, each from another address, and measures the memory meanwhile.
 * @param each the capacity of the throttle for each of its three kinds of counters
 */
export async function throttleMemory(
  each: number,
  most: number,
): Promise<{ capacity: number; at: readonly ThrottleMemory[] }> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const used = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = used();
  const throttle = createThrottle(Date.now);
  const password = new Secret('wrong');
  const at: ThrottleMemory[] = [];
  for (let names = 1; names <= most; names++) {
    const address = `10.${(names >> 16) & 255}.${(names >> 8) & 255}.${names & 255}`;
    const attempt = { name: `guess${names}`, address, password, unlockedAt: null };
    await throttle.attempt(attempt, async () => false, Boolean);
    if (names === each || names === most / 10 || names === most)
      at.push({ names, entries: throttle.entryCount(), heap: used() - before });
  }
  return { capacity: 3 * each, at };
}
