import { setTimeout as wait } from 'node:timers/promises';
import { ask } from './ask.ts';
import { requestOf } from './cases.ts';
import type { Home } from './home.ts';
import { untilFirstToken } from './start-up.ts';

export interface Memory {
  /** Bytes resident after the first token, when it has nothing to do. */
  readonly idle: number;
  /** The same once all that is loaded late is loaded: a login, the public keys and the metrics were asked for. */
  readonly idleAllLoaded: number;
}

/** Milliseconds: audit events are written and memory is given back by then. */
export const settle = 6000;

export async function measureMemory(home: Home): Promise<Memory> {
  const server = home.start();
  await untilFirstToken(home);
  await wait(settle);
  const idle = server.residentMemory();
  await ask(home.origin, requestOf('repeated login', home.target));
  await ask(home.origin, { path: '/auth/jwks' });
  await ask(home.operations, { path: '/metrics' });
  await wait(settle);
  const idleAllLoaded = server.residentMemory();
  await server.stop();
  return { idle, idleAllLoaded };
}
