import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Target } from './cases.ts';
import { startChild } from './child.ts';
import { freePort } from './home.ts';

/** A running docker_auth that gives anyone pull access to every repository and signs with ES256. */
export interface DockerAuth {
  readonly origin: string;
  readonly target: Target;
  readonly directory: string;
  stop(): Promise<void>;
}

/** Starts docker_auth. @param binary the path of its program */
export async function startDockerAuth(binary: string): Promise<DockerAuth> {
  const directory = await mkdtemp(join(tmpdir(), 'docker-auth-'));
  const port = await freePort();
  const [key, certificate] = [join(directory, 'key.pem'), join(directory, 'certificate.pem')];
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
    ...['-subj', '/CN=docker_auth', '-days', '2', '-keyout', key, '-out', certificate],
  ]);
  const settings = {
    server: { addr: `127.0.0.1:${port}` },
    token: { issuer: 'docker_auth', expiration: 300, certificate, key },
    users: { '': {} },
    acl: [{ match: { account: '' }, actions: ['pull'] }],
  };
  const file = join(directory, 'auth_config.yml');
  // JSON is a subset of YAML.
  await writeFile(file, JSON.stringify(settings));
  // docker_auth logs each token. By default it writes the log to a file in the folder for temporary files.
  const child = startChild(binary, ['-log_dir', directory, file]);
  const origin = `http://127.0.0.1:${port}`;
  await answers(origin);
  return {
    origin,
    target: {
      endpoint: '/auth?service=registry',
      publicHost: undefined,
      login: undefined,
      refreshToken: undefined,
      accessToken: undefined,
      forward: undefined,
    },
    directory,
    stop: async () => {
      await child.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Waits until a server answers. @throws Error if it does not answer within five seconds */
async function answers(origin: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const answer = await fetch(origin).catch(() => undefined);
    if (answer !== undefined) return;
    await setTimeout(50);
  }
  throw new Error(`docker_auth does not answer at ${origin}`);
}
