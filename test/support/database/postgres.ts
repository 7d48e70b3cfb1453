import { appendFile, chmod, chown } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { openStore } from '../../../src/store/open-store.ts';
import { afterwards } from '../run/afterwards.ts';
import { part } from '../run/parts.ts';
import { freePort } from '../run/ports.ts';
import { start, type Running } from '../process/process.ts';
import { untilPort } from '../process/ready.ts';
import { mustRun } from '../process/run.ts';
import { temporaryDirectory } from '../run/temp.ts';

export interface PostgresCluster {
  readonly port: number;
  readonly directory: string;
  readonly process: Running;
  /** Stops the server immediately, even if clients are connected. */
  stop(): Promise<void>;
  /** Kills the server with SIGKILL. */
  kill(): Promise<void>;
  /** Starts the server again, with the same files and port. Stop or kill the server before. */
  restart(): Promise<PostgresCluster>;
  /**
   * Creates an empty database.
   * @returns the URL of the database, with a superuser as the user
   */
  newDatabase(): Promise<string>;
  /**
   * Like `newDatabase`, but with the empty tables of dockpass. To create them once and copy them costs half. For
   * PostgreSQL 15 or newer.
   */
  newDatabaseWithTables(): Promise<string>;
}

export type PostgresServerSettings = Readonly<Record<string, string>>;

/**
 * Starts a PostgreSQL server on loopback. It is stopped after the test. PostgreSQL refuses to run as root, so a test
 * that runs as root starts the server as the user `postgres`.
 */
export async function startPostgres(settings: PostgresServerSettings = {}): Promise<PostgresCluster> {
  const directory = await dataDirectory();
  const args = ['-D', directory, '-U', 'postgres', '--auth=trust', '--no-sync', '-E', 'UTF8'];
  await runAsOwner('initdb', args);
  return serve(directory, await freePort(), settings);
}

/** Starts a standby server that replicates `primary`. The primary must run with `wal_level=replica`, the default. */
export async function startStandby(
  primary: PostgresCluster,
  settings: PostgresServerSettings = {},
): Promise<PostgresCluster> {
  // A primary that was restarted rejects connections while it recovers.
  await askPostgres(primary, 'select 1');
  const directory = await dataDirectory();
  const from = `postgres://postgres@127.0.0.1:${primary.port}/postgres`;
  await runAsOwner('pg_basebackup', ['-D', directory, '-R', '-X', 'stream', '-c', 'fast', '-d', from]);
  return serve(directory, await freePort(), settings);
}

/** Runs a SQL statement as a superuser and returns its rows. */
export async function askPostgres(
  { port }: PostgresCluster,
  statement: string,
): Promise<Record<string, unknown>[]> {
  const client = await connectWhenReady(`postgres://postgres@127.0.0.1:${port}/postgres`);
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}

/** Allows connections from a network without a password, for all users and databases. */
export async function allowFrom(cluster: PostgresCluster, network: string): Promise<void> {
  await appendFile(join(cluster.directory, 'pg_hba.conf'), `host all all ${network} trust\n`);
  await askPostgres(cluster, 'select pg_reload_conf()');
}

/** Makes a file readable only for the user that runs PostgreSQL. PostgreSQL requires this for its TLS key. */
export async function asPostgresOwns(path: string): Promise<string> {
  const owner = await ownerOfCluster();
  if (owner !== undefined) await chown(path, owner.uid, owner.gid);
  await chmod(path, 0o600);
  return path;
}

async function serve(
  directory: string,
  port: number,
  settings: PostgresServerSettings,
): Promise<PostgresCluster> {
  const options = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: join(directory, '..'),
    ...settings,
  };
  const flags = Object.entries(options).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  const serverArgs = ['-D', directory, '-p', String(port), ...flags];
  const [command, args] = asOwner(await ownerOfCluster(), part('postgres'), serverArgs);
  const process = await start(command, args, { name: 'postgres' });
  // SIGINT requests a fast shutdown of PostgreSQL. After a SIGTERM, it would wait until all clients have disconnected.
  const endBy = (signal: NodeJS.Signals) => async (): Promise<void> => {
    process.signal(signal);
    await process.ended;
  };
  afterwards(endBy('SIGINT'));
  await untilPort(port, { part: process });
  let databases = 0;
  const createDatabase = async (options = ''): Promise<string> => {
    const name = `test_${databases++}`;
    const client = await connectWhenReady(`postgres://postgres@127.0.0.1:${port}/postgres`);
    await client.query(`create database ${name} ${options}`);
    await client.end();
    return `postgres://postgres@127.0.0.1:${port}/${name}`;
  };
  const createTemplate = async (): Promise<string> => {
    const database = await createDatabase();
    await (await openStore(database)).close();
    return new URL(database).pathname.slice(1);
  };
  let template: Promise<string> | undefined;
  return {
    port,
    directory,
    process,
    stop: endBy('SIGINT'),
    kill: endBy('SIGKILL'),
    restart: () => serve(directory, port, settings),
    newDatabase: () => createDatabase(),
    newDatabaseWithTables: async () =>
      createDatabase(`template ${await (template ??= createTemplate())} strategy file_copy`),
  };
}

async function dataDirectory(): Promise<string> {
  const home = await temporaryDirectory('postgres');
  const owner = await ownerOfCluster();
  if (owner !== undefined) await chown(home, owner.uid, owner.gid);
  return join(home, 'data');
}

async function runAsOwner(program: string, args: readonly string[]): Promise<void> {
  const path = join(part('postgres'), '..', program);
  await mustRun(...asOwner(await ownerOfCluster(), path, args));
}

/** Connects to PostgreSQL, with retries: the server opens its port shortly before it accepts connections. */
async function connectWhenReady(url: string): Promise<pg.Client> {
  for (let attempt = 0; ; attempt++) {
    const client = new pg.Client(url);
    try {
      await client.connect();
      return client;
    } catch (error) {
      // SQLSTATE 57P03 means that the database system is starting up.
      if (attempt > 100 || (error as { code?: string }).code !== '57P03') throw error;
    }
  }
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

async function ownerOfCluster(): Promise<Owner | undefined> {
  if (globalThis.process.getuid?.() !== 0) return undefined;
  const id = async (flag: string): Promise<number> =>
    Number((await mustRun('id', [flag, 'postgres'])).stdout);
  return { uid: await id('-u'), gid: await id('-g') };
}

function asOwner(
  owner: Owner | undefined,
  command: string,
  args: readonly string[],
): [string, readonly string[]] {
  if (owner === undefined) return [command, args];
  const identity = [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups'];
  return ['setpriv', [...identity, command, ...args]];
}
