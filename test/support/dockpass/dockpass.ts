import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import request from 'supertest';
import { parse, stringify } from 'yaml';
import { isPostgres, openStore } from '../../../src/store/open-store.ts';
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
  /** The content of dockpass.yml, as YAML or as a value. If undefined, the file is not written, as on a first start. */
  readonly config?: string | Readonly<Record<string, unknown>>;
  /** Environment variables, such as DOCKPASS_…. They override the free ports that the test helpers choose. */
  readonly env?: Readonly<Record<string, string>>;
  /** Further arguments after `serve` or `up`. */
  readonly args?: readonly string[];
  /** A command that starts dockpass, for example `ip netns exec NAME`. */
  readonly through?: readonly string[];
  /**
   * Whether an empty database is created before the first command that needs one. Default: true.
   */
  readonly database?: boolean;
  /** The directory in which dockpass runs, with the files of an earlier run. Default: a new, empty directory. */
  readonly directory?: string;
}

/** A directory in which dockpass runs or will run. It contains the configuration, keys and database of dockpass. */
export interface DockpassHome {
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs a dockpass command in the directory: `cli(['user', 'add', 'alice', '--password-stdin'], { input })`. */
  cli(args: readonly string[], options?: RunOptions): Promise<Ran>;
  /** Like `cli`, but rejects with the output of the command if the exit status is not 0. */
  must(args: readonly string[], options?: RunOptions): Promise<Ran>;
  /** Adds a user with the command `dockpass user add`. */
  addUser(name: string, password: string, role?: 'admin' | 'writer' | 'reader'): Promise<void>;
}

export interface DockpassServer extends DockpassHome {
  readonly process: Running;
  /** The URL of the token server, `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly port: number;
  /** The URL for health checks and metrics, `http://127.0.0.1:PORT`. */
  readonly operationsUrl: string;
}

export interface DockpassUp extends DockpassServer {
  /** The port of the edge, which clients use. */
  readonly edgePort: number;
  readonly registryPort: number;
}

/**
 * Creates a dockpass directory without starting a server, for tests that only run commands. To start a server in the
 * directory later, pass it to `startServe` as the option `directory`.
 */
export async function dockpassHome(options: DockpassOptions = {}): Promise<DockpassHome> {
  if (!existsSync(join(repository, 'dist', 'main.js'))) {
    throw new Error('dist/main.js does not exist. Run npm run build, or run npm test, which builds it.');
  }
  const directory = options.directory ?? (await temporaryDirectory('home'));
  if (options.config !== undefined) {
    const text = typeof options.config === 'string' ? options.config : stringify(options.config);
    await writeFile(join(directory, 'dockpass.yml'), text);
  }
  // HOME is the test's directory, so that no file from the developer's home directory is read. NODE_ENV has the same
  // value as in production.
  const env = { HOME: directory, NODE_ENV: 'production', ...options.env };
  const prepared = new Set<string>();
  const cli = async (args: readonly string[], { env: extra, ...rest }: RunOptions = {}) => {
    const isNeeded = (options.database ?? true) && args.some((word) => databaseCommands.has(word));
    const database = isNeeded ? databaseOf(directory, options.config, { ...env, ...extra }) : undefined;
    if (database !== undefined && !prepared.has(database)) {
      prepared.add(database);
      // If this fails, the command fails too, and says why.
      await openStore(database).then(
        (store) => store.close(),
        () => undefined,
      );
    }
    return run(...dockpass(args, options), { cwd: directory, ...rest, env: { ...env, ...extra } });
  };
  const must = async (args: readonly string[], more?: RunOptions) => succeeded(await cli(args, more));
  return {
    directory,
    env,
    cli,
    must,
    addUser: async (name, password, role) => {
      const roleFlags = role === undefined ? [] : ['--role', role];
      await must(['user', 'add', name, ...roleFlags, '--password-stdin'], { input: `${password}\n` });
    },
  };
}

/** Commands that need a database, and that do not create one. */
const databaseCommands: ReadonlySet<string> = new Set([
  'user',
  'group',
  'grant',
  'token',
  'robot',
  'session',
  'trust',
  'import',
  'audit',
  'explain',
  'usage',
  'retention',
  'move',
  'reseal',
]);

/** Returns the database that dockpass uses in this directory: the path of a SQLite file, or a PostgreSQL URL. */
function databaseOf(
  directory: string,
  config: DockpassOptions['config'],
  env: Readonly<Record<string, string>>,
): string {
  const values: unknown = typeof config === 'string' ? parse(config) : config;
  const { database } = { database: 'data/dockpass.db', ...(values as { database?: string } | undefined) };
  const named = env['DOCKPASS_DATABASE'] ?? database;
  return isPostgres(named) ? named : resolve(directory, named);
}

/** Starts `dockpass serve` and waits until it is ready. */
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
  /**
   * Whether the edge serves https, so that this waits for it with an https request. Default: true, because `up` on
   * localhost has a self-signed certificate by default.
   */
  readonly tls?: boolean;
  /** The port and the host name of the edge. Default: a free port, and 127.0.0.1. */
  readonly edge?: { readonly port: number; readonly name: string };
}

/** Starts `dockpass up` on free ports, and waits until dockpass, the registry and the edge answer. */
export async function startUp(options: UpOptions = {}): Promise<DockpassUp> {
  const ports = { port: await freePort(), operations: await freePort() };
  const { port: edgePort, name } = options.edge ?? { port: await freePort(), name: '127.0.0.1' };
  const registryPort = await freePort();
  const env = {
    ...listenOn(ports),
    DOCKPASS_UP_REGISTRY_LISTEN: `127.0.0.1:${registryPort}`,
    DOCKPASS_EVENTS_LISTEN: `127.0.0.1:${await freePort()}`,
    ...options.env,
  };
  const home = await dockpassHome({ ...options, env });
  const running = await start(
    ...dockpass(['up', '--port', String(edgePort), ...(options.args ?? [])], options),
    { cwd: home.directory, env: home.env, name: 'dockpass up', grace: 20_000 },
  );
  const server = serverOf(home, running);
  await untilHttp(`${server.operationsUrl}/readyz`, { part: running, status: 200 });
  // The registry sends the status 401, with a challenge, through the edge. So if it arrives, both are ready.
  const scheme = (options.tls ?? true) ? 'https' : 'http';
  await untilHttp(`${scheme}://${name}:${edgePort}/v2/`, { part: running, status: 401 });
  return { ...server, edgePort, registryPort };
}

/** Returns the program that runs dockpass, and its arguments. */
function dockpass(args: readonly string[], { through = [] }: DockpassOptions): [string, string[]] {
  const [command = process.execPath, ...rest] = [...through, process.execPath, dockpassBin, ...args];
  return [command, rest];
}

function listenOn({ port, operations }: { port: number; operations: number }): Record<string, string> {
  return { DOCKPASS_LISTEN: `127.0.0.1:${port}`, DOCKPASS_OPERATIONS_LISTEN: `127.0.0.1:${operations}` };
}

function serverOf(home: DockpassHome, running: Running): DockpassServer {
  const listen = home.env['DOCKPASS_LISTEN'] ?? '';
  const operationsUrl = `http://${home.env['DOCKPASS_OPERATIONS_LISTEN'] ?? ''}`;
  afterwards(async () => {
    // In many tests, the server has already been stopped or killed by now, or it is shutting down.
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
