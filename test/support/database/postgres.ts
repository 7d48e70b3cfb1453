import { appendFile, chmod, chown } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
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
  /** At once, whoever is connected. */
  stop(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
  /** Again, on the same files and port. */
  restart(): Promise<PostgresCluster>;
  /** A new, empty database. @returns its URL, for a superuser */
  newDatabase(): Promise<string>;
}

export type PostgresServerSettings = Readonly<Record<string, string>>;

/** A PostgreSQL server of the test's own on loopback; gone with the test. PostgreSQL never runs as root. */
export async function startPostgres(settings: PostgresServerSettings = {}): Promise<PostgresCluster> {
  const directory = await dataDirectory();
  const words = ['-D', directory, '-U', 'postgres', '--auth=trust', '--no-sync', '-E', 'UTF8'];
  await runAsOwner('initdb', words);
  return serve(directory, await freePort(), settings);
}

/** Follows a primary that was started with `wal_level=replica`, the default. */
export async function startStandby(
  primary: PostgresCluster,
  settings: PostgresServerSettings = {},
): Promise<PostgresCluster> {
  const directory = await dataDirectory();
  const from = `postgres://postgres@127.0.0.1:${primary.port}/postgres`;
  await runAsOwner('pg_basebackup', ['-D', directory, '-R', '-X', 'stream', '-c', 'fast', '-d', from]);
  return serve(directory, await freePort(), settings);
}

/** A statement as a superuser. */
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

/** Lets in whoever comes from that network, without a password. */
export async function allowFrom(cluster: PostgresCluster, network: string): Promise<void> {
  await appendFile(join(cluster.directory, 'pg_hba.conf'), `host all all ${network} trust\n`);
  await askPostgres(cluster, 'select pg_reload_conf()');
}

/** A file that only PostgreSQL may read, as it wants its TLS key. */
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
  const words = ['-D', directory, '-p', String(port), ...flags];
  const [command, args] = asOwner(await ownerOfCluster(), part('postgres'), words);
  const process = await start(command, args, { name: 'postgres' });
  // SIGTERM would wait until the last client has left; SIGINT is PostgreSQL's fast shutdown.
  const endBy = (signal: NodeJS.Signals) => async (): Promise<void> => {
    process.signal(signal);
    await process.ended;
  };
  afterwards(endBy('SIGINT'));
  await untilPort(port, { part: process });
  let databases = 0;
  return {
    port,
    directory,
    process,
    stop: endBy('SIGINT'),
    kill: endBy('SIGKILL'),
    restart: () => serve(directory, port, settings),
    newDatabase: async () => {
      const name = `test_${databases++}`;
      const client = await connectWhenReady(`postgres://postgres@127.0.0.1:${port}/postgres`);
      await client.query(`create database ${name}`);
      await client.end();
      return `postgres://postgres@127.0.0.1:${port}/${name}`;
    },
  };
}

async function dataDirectory(): Promise<string> {
  const home = await temporaryDirectory('postgres');
  const owner = await ownerOfCluster();
  if (owner !== undefined) await chown(home, owner.uid, owner.gid);
  return join(home, 'data');
}

async function runAsOwner(program: string, words: readonly string[]): Promise<void> {
  const path = join(part('postgres'), '..', program);
  await mustRun(...asOwner(await ownerOfCluster(), path, words));
}

/** It listens a moment before it lets anyone in. */
async function connectWhenReady(url: string): Promise<pg.Client> {
  for (let attempt = 0; ; attempt++) {
    const client = new pg.Client(url);
    try {
      await client.connect();
      return client;
    } catch (error) {
      // 57P03: the database system is starting up
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
