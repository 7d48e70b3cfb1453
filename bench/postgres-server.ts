import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from './home.ts';

/** A PostgreSQL server that the benchmark starts, with default settings: each commit is written to disk. */
export interface PostgresServer {
  readonly version: string;
  /** Creates an empty database. @returns its URL */
  newDatabase(): Promise<string>;
  /** The processor time of all its processes since the start, in microseconds (Linux only). */
  cpuTime(): number;
  stop(): Promise<void>;
}

export async function startPostgresServer(): Promise<PostgresServer> {
  const bin = [18, 17, 16, 15]
    .map((version) => `/usr/lib/postgresql/${version}/bin`)
    .find((path) => existsSync(path));
  if (bin === undefined)
    throw new Error('PostgreSQL is missing. On Debian and Ubuntu, run: sudo apt-get install postgresql');
  const home = await mkdtemp(join(tmpdir(), 'dockpass-bench-postgres-'));
  // PostgreSQL does not run as root.
  const owner = await postgresUser();
  if (owner !== undefined) await chown(home, owner.uid, owner.gid);
  const as = owner === undefined ? {} : owner;
  const data = join(home, 'data');
  await promisify(execFile)(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'postgres', '--auth=trust', '-E', 'UTF8'],
    {
      ...as,
      cwd: home,
    },
  );
  const port = await freePort();
  const options = ['-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${home}`];
  const server = spawn(join(bin, 'postgres'), ['-D', data, '-p', String(port), ...options], {
    ...as,
    cwd: home,
    stdio: 'ignore',
  });
  const ended = once(server, 'exit');
  const kill = (): void => void server.kill('SIGQUIT');
  process.on('exit', kill);
  const urlOf = (name: string): string => `postgres://postgres@127.0.0.1:${port}/${name}`;
  const version = await untilConnected(urlOf('postgres'));
  let databases = 0;
  return {
    version,
    newDatabase: async () => {
      const name = `bench_${databases++}`;
      await query(urlOf('postgres'), `create database ${name}`);
      return urlOf(name);
    },
    cpuTime: () => cpuTimeOfFamily(server.pid ?? 0),
    stop: async () => {
      // SIGINT requests a fast shutdown, which does not wait until clients disconnect.
      server.kill('SIGINT');
      await ended;
      process.off('exit', kill);
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** Runs a statement on a new connection. */
export async function query(url: string, ...statements: readonly string[]): Promise<pg.QueryResult[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const results: pg.QueryResult[] = [];
    for (const statement of statements) results.push(await client.query(statement));
    return results;
  } finally {
    await client.end();
  }
}

async function untilConnected(url: string): Promise<string> {
  for (let tries = 0; ; tries++) {
    try {
      const [result] = await query(url, 'show server_version');
      return (result?.rows[0] as { server_version: string }).server_version.split(' ')[0] ?? '';
    } catch (error) {
      if (tries > 300) throw error;
      await wait(50);
    }
  }
}

async function postgresUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const id = async (flag: string): Promise<number> =>
    Number((await promisify(execFile)('id', [flag, 'postgres'])).stdout);
  return { uid: await id('-u'), gid: await id('-g') };
}

/**
 * Adds up the processor time of the server and of all its children, also of those that have exited (proc_pid_stat(5)).
 */
function cpuTimeOfFamily(parent: number): number {
  let ticks = 0;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const fields = statOf(name);
    // The fields after the name in parentheses: 1 is the parent. 11 and 12 are the process's own time, 13 and 14 that
    // of its exited children, in ticks of 10 ms.
    if (name === String(parent)) ticks += sum(fields.slice(11, 15));
    else if (fields[1] === String(parent)) ticks += sum(fields.slice(11, 13));
  }
  return ticks * 10_000;
}

function statOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  } catch {
    // The process has exited since the directory was listed.
    return [];
  }
}

function sum(fields: readonly string[]): number {
  return fields.reduce((total, field) => total + Number(field), 0);
}
