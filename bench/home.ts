import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Target } from './cases.ts';
import { startNode, type Child } from './child.ts';

/** An installation of dockpass with keys and one user, which can be started many times. */
export interface Home {
  readonly directory: string;
  readonly origin: string;
  /** The origin of the health and metrics endpoints. */
  readonly operations: string;
  readonly target: Target;
  /** Starts the server and returns at once, before the server listens. */
  start(env?: Readonly<Record<string, string>>): Child;
  remove(): Promise<void>;
}

/** Creates an installation. @param more additional lines for dockpass.yml */
export async function makeHome(bin: string, more: readonly string[] = []): Promise<Home> {
  const directory = await mkdtemp(join(tmpdir(), 'dockpass-bench-'));
  const [port, operations] = [await freePort(), await freePort()];
  const settings = [
    'publicDomains: [pub.localhost]',
    `listen: 127.0.0.1:${port}`,
    `operations: { listen: 127.0.0.1:${operations} }`,
    'passwords: { remember: 1h }',
    ...more,
  ];
  await writeFile(join(directory, 'dockpass.yml'), `${settings.join('\n')}\n`);
  const env = { NODE_ENV: 'production' };
  const cli = async (...args: string[]): Promise<string> => {
    const options = { cwd: directory, env: { ...process.env, ...env } };
    return (await promisify(execFile)(process.execPath, [bin, ...args], options)).stdout.trim();
  };
  const origin = `http://127.0.0.1:${port}`;
  const start = (extra?: Readonly<Record<string, string>>): Child =>
    startNode([bin, 'serve'], { cwd: directory, env: { ...env, ...extra } });
  // The first start creates the database.
  const server = start();
  await server.line(/token server ready/);
  const password = await cli('user', 'add', 'fleet', '--generate');
  // Builds without access tokens do not have this command.
  const token = await cli('token', 'create', 'bench', '--user', 'fleet').catch(() => undefined);
  const login = `fleet:${password}`;
  return {
    directory,
    origin,
    operations: `http://127.0.0.1:${operations}`,
    target: {
      endpoint: '/auth/token?service=registry',
      publicHost: 'pub.localhost',
      login,
      refreshToken: await refreshTokenFor(login, origin, server),
      accessToken: token === undefined ? undefined : `fleet:${token}`,
      forward: '/auth/forward',
    },
    start,
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

/**
 * Logs in once, stops the server, and returns the refresh token. It is used for the whole run, because it stays valid when the server
 * restarts. Undefined if the build issues no refresh tokens.
 */
async function refreshTokenFor(login: string, origin: string, server: Child): Promise<string | undefined> {
  const answer = await fetch(`${origin}/auth/token?service=registry&offline_token=true`, {
    headers: { Authorization: `Basic ${Buffer.from(login).toString('base64')}`, Connection: 'close' },
  });
  const { refresh_token: token } = (await answer.json()) as { refresh_token?: string };
  await server.stop();
  return token;
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
