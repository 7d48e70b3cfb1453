import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import request from 'supertest';
import { stringify } from 'yaml';
import { afterwards } from '../run/afterwards.ts';
import { repository } from '../run/environment.ts';
import { keepText } from '../run/evidence.ts';
import { freePort } from '../run/ports.ts';
import { start, type Running } from '../process/process.ts';
import { untilHttp } from '../process/ready.ts';
import { run, succeeded, type Ran, type RunOptions } from '../process/run.ts';
import { temporaryDirectory } from '../run/temp.ts';

export const dockpassBin = join(repository, 'bin', 'dockpass.js');

export interface DockpassOptions {
  /** dockpass.yml, as YAML or as a value. Without it: the defaults, as on a first start. */
  readonly config?: string | Readonly<Record<string, unknown>>;
  /** DOCKPASS_… and others; what is here wins over the free ports that the harness chooses. */
  readonly env?: Readonly<Record<string, string>>;
  /** Further words after `serve` or `up`. */
  readonly args?: readonly string[];
  /** What starts it, as `ip netns exec NAME` would. */
  readonly through?: readonly string[];
  /** Where it runs: with what an earlier one left there. A new, empty directory unless said. */
  readonly directory?: string;
}

/** A directory in which dockpass is, or will be, running: its configuration, keys and database. */
export interface DockpassHome {
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  /** The CLI on the same configuration: `cli(['user', 'add', 'alice', '--password-stdin'], { input })`. */
  cli(args: readonly string[], options?: RunOptions): Promise<Ran>;
  /** The same for a step that has to work: rejects with what it said. */
  must(args: readonly string[], options?: RunOptions): Promise<Ran>;
  /** A user, made through the CLI. */
  addUser(name: string, password: string, role?: 'admin' | 'writer' | 'reader'): Promise<void>;
}

export interface DockpassServer extends DockpassHome {
  readonly process: Running;
  /** The token server, `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly port: number;
  /** Health and metrics, `http://127.0.0.1:PORT`. */
  readonly operationsUrl: string;
}

export interface DockpassUp extends DockpassServer {
  /** The edge's port: the door for clients. */
  readonly edgePort: number;
  readonly registryPort: number;
}

/** An installation that does not run yet: for the CLI alone, or for `serve(home)` later. */
export async function dockpassHome(options: DockpassOptions = {}): Promise<DockpassHome> {
  if (!existsSync(join(repository, 'dist', 'main.js'))) {
    throw new Error('there is no build to test: npm run build (npm test does it by itself)');
  }
  const directory = options.directory ?? (await temporaryDirectory('home'));
  if (options.config !== undefined) {
    const text = typeof options.config === 'string' ? options.config : stringify(options.config);
    await writeFile(join(directory, 'dockpass.yml'), text);
  }
  // HOME: nothing of the person's own; NODE_ENV as in production.
  const env = { HOME: directory, NODE_ENV: 'production', ...options.env };
  const cli = (args: readonly string[], { env: extra, ...rest }: RunOptions = {}) =>
    run(...dockpass(args, options), { cwd: directory, ...rest, env: { ...env, ...extra } });
  const must = async (args: readonly string[], more?: RunOptions) => succeeded(await cli(args, more));
  return {
    directory,
    env,
    cli,
    must,
    addUser: async (name, password, role) => {
      const words = role === undefined ? [] : ['--role', role];
      await must(['user', 'add', name, ...words, '--password-stdin'], { input: `${password}\n` });
    },
  };
}

/** `dockpass serve`, ready when this returns. */
export async function startServe(options: DockpassOptions = {}): Promise<DockpassServer> {
  const ports = { port: await freePort(), operations: await freePort() };
  const home = await dockpassHome({ ...options, env: { ...listenOn(ports), ...options.env } });
  const running = await start(...dockpass(['serve', ...(options.args ?? [])], options), {
    cwd: home.directory,
    env: home.env,
    name: 'dockpass serve',
  });
  const server = serverOf(home, running);
  await untilHttp(`${server.operationsUrl}/readyz`, { part: running, status: 200 });
  return server;
}

export interface UpOptions extends DockpassOptions {
  /** Is its edge asked by https (self-signed, the default of `up` on localhost) or by plain http? */
  readonly tls?: boolean;
  /** Where its edge listens and how it is called; a free port of 127.0.0.1 unless said. */
  readonly door?: { readonly port: number; readonly name: string };
}

/** `dockpass up` with all four ports free ones, ready when every part answers. */
export async function startUp(options: UpOptions = {}): Promise<DockpassUp> {
  const ports = { port: await freePort(), operations: await freePort() };
  const { port: edgePort, name } = options.door ?? { port: await freePort(), name: '127.0.0.1' };
  const registryPort = await freePort();
  const env = {
    ...listenOn(ports),
    DOCKPASS_UP_REGISTRY_LISTEN: `127.0.0.1:${registryPort}`,
    ...options.env,
  };
  const home = await dockpassHome({ ...options, env });
  const running = await start(
    ...dockpass(['up', '--port', String(edgePort), ...(options.args ?? [])], options),
    { cwd: home.directory, env: home.env, name: 'dockpass up', grace: 20_000 },
  );
  const server = serverOf(home, running);
  await untilHttp(`${server.operationsUrl}/readyz`, { part: running, status: 200 });
  // 401 with a challenge comes from the registry, through the edge: so both are there.
  const scheme = (options.tls ?? true) ? 'https' : 'http';
  await untilHttp(`${scheme}://${name}:${edgePort}/v2/`, { part: running, status: 401 });
  return { ...server, edgePort, registryPort };
}

/** A command and its words. */
function dockpass(args: readonly string[], { through = [] }: DockpassOptions): [string, string[]] {
  const [command = process.execPath, ...words] = [...through, process.execPath, dockpassBin, ...args];
  return [command, words];
}

function listenOn({ port, operations }: { port: number; operations: number }): Record<string, string> {
  return { DOCKPASS_LISTEN: `127.0.0.1:${port}`, DOCKPASS_OPERATIONS_LISTEN: `127.0.0.1:${operations}` };
}

function serverOf(home: DockpassHome, running: Running): DockpassServer {
  const listen = home.env['DOCKPASS_LISTEN'] ?? '';
  const operationsUrl = `http://${home.env['DOCKPASS_OPERATIONS_LISTEN'] ?? ''}`;
  afterwards(async () => {
    // Many a test has stopped or killed it by now, or it is just ending.
    const metrics = await request(operationsUrl)
      .get('/metrics')
      .catch(() => undefined);
    if (metrics !== undefined) keepText('metrics', metrics.text);
  });
  return {
    ...home,
    process: running,
    url: `http://${listen}`,
    port: Number(listen.slice(listen.lastIndexOf(':') + 1)),
    operationsUrl,
  };
}
