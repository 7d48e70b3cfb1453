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
  /** Bytes resident when it has nothing to do. */
  readonly idle: number;
  /** The same once all that is loaded late is loaded: a login, the public keys and the metrics were asked for. */
  readonly idleAllLoaded: number;
}

/** Starts the server again and again. The first start is not counted: it makes the keys and fills the compile cache. */
export async function measureStartUp(home: Home, times: number): Promise<StartUp> {
  await startOnce(home);
  const cached: Started[] = [];
  const uncached: Started[] = [];
  for (let at = 0; at < times; at++) {
    cached.push(await startOnce(home));
    uncached.push(await startOnce(home, { NODE_DISABLE_COMPILE_CACHE: '1' }));
  }
  return {
    firstToken: median(cached.map(({ firstToken }) => firstToken)),
    firstTokenUncached: median(uncached.map(({ firstToken }) => firstToken)),
    idle: median(cached.map(({ idle }) => idle)),
    idleAllLoaded: median(cached.map(({ idleAllLoaded }) => idleAllLoaded)),
  };
}

type Started = Omit<StartUp, 'firstTokenUncached'>;

async function startOnce(home: Home, env?: Readonly<Record<string, string>>): Promise<Started> {
  const begin = performance.now();
  const server = home.start(env);
  const [same, login] = [requestOf('same scope', home.target), requestOf('repeated login', home.target)];
  while ((await ask(home.origin, same)).status !== 200) await wait(2);
  const firstToken = performance.now() - begin;
  await wait(settle);
  const idle = server.residentMemory();
  await ask(home.origin, login);
  await ask(home.origin, { path: '/auth/jwks' });
  await ask(home.operations, { path: '/metrics' });
  await wait(settle);
  const idleAllLoaded = server.residentMemory();
  await server.stop();
  return { firstToken, idle, idleAllLoaded };
}

/** Milliseconds: the first group of audit events is written by then. */
const settle = 1500;
