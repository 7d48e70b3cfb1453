import { setTimeout as wait } from 'node:timers/promises';
import { ask } from './ask.ts';
import { requestOf } from './cases.ts';
import type { Home } from './home.ts';
import { median } from './median.ts';

export interface StartUp {
  /** Milliseconds from spawning the process to the first token, with keys and database present. */
  readonly firstToken: number;
  /** The same without V8's compile cache: the first start after an installation, or a read-only file system. */
  readonly firstTokenUncached: number;
}

/** Starts the server again and again. The first start is not counted: it makes the keys and fills the compile cache. */
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

/** Asks until there is an answer. */
export async function untilFirstToken(home: Home): Promise<void> {
  const request = requestOf('same scope', home.target);
  while ((await ask(home.origin, request)).status !== 200) await wait(2);
}
