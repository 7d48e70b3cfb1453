import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The host that the screenshots show. The browser is told to find it on this machine. */
export const host = 'registry.example.com';
export const administrator = { name: 'alice', password: 'correct horse battery staple' };

export interface DemoServer {
  /** The port of the edge, which speaks HTTPS. */
  readonly edgePort: number;
  /** The one-time link that `up` printed. */
  readonly setupLink: string;
  /** Calls the API as the administrator. @throws Error if the status is not 2xx */
  call(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Sends a request to the registry, with the administrator's password. */
  registry(method: string, path: string, body?: Buffer, headers?: Record<string, string>): Promise<Reply>;
  /** Sends events to dockpass, as the registry does. */
  report(events: readonly object[]): Promise<void>;
  stop(): Promise<void>;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Starts `dockpass up` with an empty registry in a temporary folder. */
export async function startDemo(root: string): Promise<DemoServer> {
  const folder = await mkdtemp(join(tmpdir(), 'dockpass-console-'));
  const [edgePort = 0, port = 0, operations = 0, registryPort = 0, eventsPort = 0] = await freePorts(5);
  const secret = randomBytes(32).toString('hex');
  const child = spawn(join(root, 'bin/dockpass'), ['up', '--port', String(edgePort)], {
    cwd: folder,
    env: {
      ...process.env,
      HOME: folder,
      DOCKPASS_LISTEN: `127.0.0.1:${port}`,
      DOCKPASS_OPERATIONS_LISTEN: `127.0.0.1:${operations}`,
      DOCKPASS_UP_REGISTRY_LISTEN: `127.0.0.1:${registryPort}`,
      DOCKPASS_EVENTS_LISTEN: `127.0.0.1:${eventsPort}`,
      DOCKPASS_EVENTS_SECRET: secret,
      DOCKPASS_UP_PRIVATE_DOMAINS: host,
      DOCKPASS_POLICY: JSON.stringify([
        { allow: ['pull', 'push'], to: ['users'], on: ['experiments/${user}/**'] },
        { deny: ['push', 'delete'], to: ['everyone'], on: ['base/**'], from: ['192.168.0.0/16'] },
      ]),
      DOCKPASS_RETENTION: JSON.stringify([
        { on: ['experiments/**'], keep: { pulledWithin: '30d', pushedWithin: '14d' }, untagged: '7d' },
        { on: ['shop/**'], keep: { newest: 20, pulledWithin: '90d', tags: ['v*', 'latest'] } },
      ]),
      DOCKPASS_TRUST: JSON.stringify([
        {
          name: 'shop-web',
          issuer: 'github',
          when: { repository_id: '260064828', ref: 'refs/heads/main' },
          only: ['shop/web:pull,push'],
        },
      ]),
      REGISTRY_STORAGE_DELETE_ENABLED: 'true',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const link = await readLink(child);
  const authorization = `Basic ${Buffer.from(`${administrator.name}:${administrator.password}`).toString('base64')}`;
  const send = (toPort: number, method: string, path: string, body?: Buffer, headers = {}): Promise<Reply> =>
    sendRequest(toPort, method, path, body, { Host: host, Authorization: authorization, ...headers });
  return {
    edgePort,
    setupLink: `https://${host}/auth/setup${new URL(link).hash}`,
    async call(method, path, body) {
      const json = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
      const { status, text } = await send(port, method, `/auth/api/v1${path}`, json, {
        'Content-Type': 'application/json',
      });
      if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
      return text === '' ? undefined : JSON.parse(text);
    },
    async registry(method, path, body, headers = {}) {
      const scope = `repository:${/^\/v2\/(.+?)\/(?:blobs|manifests|tags)\//.exec(path)?.[1] ?? ''}:pull,push,delete`;
      const answer = await send(port, 'GET', `/auth/token?service=registry&scope=${scope}`);
      const { token } = JSON.parse(answer.text) as { token: string };
      return send(registryPort, method, path, body, { Authorization: `Bearer ${token}`, ...headers });
    },
    async report(events) {
      const body = Buffer.from(JSON.stringify({ events }));
      const headers = {
        Authorization: `Bearer ${secret}`,
        'Content-Type': 'application/vnd.docker.distribution.events.v2+json',
      };
      const { status, text } = await sendRequest(eventsPort, 'POST', '/events', body, headers);
      if (status !== 200) throw new Error(`cannot report events: ${status} ${text}`);
    },
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Waits until `up` has printed the link that creates the first administrator. */
async function readLink(child: ChildProcess): Promise<string> {
  let output = '';
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      const [link] = /https?:\/\/\S+\/auth\/setup#\S+/.exec(output) ?? [];
      if (link !== undefined && output.includes('dockpass is up')) resolve(link);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', (code) => reject(new Error(`dockpass up ended with ${code}:\n${output}`)));
  });
}

function sendRequest(
  port: number,
  method: string,
  path: string,
  body: Buffer | undefined,
  headers: Record<string, string>,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port, method, path, headers: { ...headers, 'Content-Length': body?.length ?? 0 } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
