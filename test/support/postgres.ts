import { chown } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterwards } from './afterwards.ts';
import { part } from './parts.ts';
import { freePort } from './ports.ts';
import { start, type Running } from './process.ts';
import { untilPort } from './ready.ts';
import { mustRun } from './run.ts';
import { temporaryDirectory } from './temp.ts';

export interface PostgresCluster {
  readonly port: number;
  readonly directory: string;
  readonly process: Running;
  /** At once, whoever is connected. */
  stop(): Promise<void>;
  /** A new, empty database. @returns its URL, for a superuser */
  newDatabase(): Promise<string>;
}

/** A PostgreSQL server of the test's own on loopback; gone with the test. PostgreSQL never runs as root. */
export async function startPostgres(
  settings: Readonly<Record<string, string>> = {},
): Promise<PostgresCluster> {
  const directory = join(await temporaryDirectory('postgres'), 'data');
  const bin = part('postgres').replace(/\/postgres$/, '');
  const home = join(directory, '..');
  const owner = await ownerOfCluster();
  if (owner !== undefined) await chown(home, owner.uid, owner.gid);
  await mustRun(
    ...asOwner(owner, `${bin}/initdb`, [
      '-D',
      directory,
      '-U',
      'postgres',
      '--auth=trust',
      '--no-sync',
      '-E',
      'UTF8',
    ]),
  );
  const port = await freePort();
  const options = Object.entries({
    listen_addresses: '127.0.0.1',
    unix_socket_directories: home,
    ...settings,
  });
  const [command, args] = asOwner(owner, `${bin}/postgres`, [
    '-D',
    directory,
    '-p',
    String(port),
    ...options.flatMap(([key, value]) => ['-c', `${key}=${value}`]),
  ]);
  const process = await start(command, args, { name: 'postgres' });
  // SIGTERM would wait until the last client has left; SIGINT is PostgreSQL's fast shutdown.
  const stop = async (): Promise<void> => {
    process.signal('SIGINT');
    await process.ended;
  };
  afterwards(stop);
  await untilPort(port, { part: process });
  let databases = 0;
  return {
    port,
    directory,
    process,
    stop,
    newDatabase: async () => {
      const name = `test_${databases++}`;
      const client = await connectWhenReady(`postgres://postgres@127.0.0.1:${port}/postgres`);
      await client.query(`create database ${name}`);
      await client.end();
      return `postgres://postgres@127.0.0.1:${port}/${name}`;
    },
  };
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
