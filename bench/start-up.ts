import { setTimeout as wait } from 'node:timers/promises';
import { ask } from './ask.ts';
import { requestOf } from './cases.ts';
import type { Home } from './home.ts';
import { median } from './median.ts';

export interface StartUp {
  /** Milliseconds from the start of the process to the first token. Keys and database exist already. */
  readonly firstToken: number;
  /**
   * The same without V8's compile cache, as at the first start after an installation, or on a read-only file system.
   */
  readonly firstTokenUncached: number;
}

/** Starts the server several times. The first start does not count: it creates the keys and fills the compile cache. */
export async function measureStartUp(home: Home, times: number): Promise<StartUp> {
  await startOnce(home);
  const cached: number[] = [];
  const uncached: number[] = [];
  for (let at = 0; at < times; at++) {
    cached.push(await startOnce(home));
    uncached.push(await startOnce(home, { NODE_DISABLE_COMPILE_CACHE: '1' }));
  }
  return { firstToken: median(cached), firstTokenUncached: median(uncached) };
}

async function startOnce(home: Home, env?: Readonly<Record<string, string>>): Promise<number> {
  const begin = performance.now();
  const server = home.start(env);
  await untilFirstToken(home);
  const duration = performance.now() - begin;
  await server.stop();
  return duration;
}

/** Repeats the request until there is an answer. */
export async function untilFirstToken(home: Home): Promise<void> {
  const request = requestOf('same scope', home.target);
  while ((await ask(home.origin, request)).status !== 200) await wait(2);
}
