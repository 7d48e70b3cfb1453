import { setTimeout as wait } from 'node:timers/promises';
import { ask } from './ask.ts';
import { requestOf } from './cases.ts';
import type { Home } from './home.ts';
import { untilFirstToken } from './start-up.ts';

export interface Memory {
  /** Resident memory in bytes after the first token, when the server is idle. */
  readonly idle: number;
  /**
   * Resident memory in bytes of the idle server after a login and requests for the public keys and the metrics. These
   * load the modules that are not loaded at the start.
   */
  readonly idleAllLoaded: number;
}

/** Milliseconds after which the server has written all audit events and freed unused memory. */
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
