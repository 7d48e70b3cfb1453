import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { requestOf } from './cases.ts';
import type { Child } from './child.ts';
import { freePort, type Home } from './home.ts';
import { median } from './median.ts';
import { query, type PostgresServer } from './postgres-server.ts';
import { shareOfCore, type Share } from './share.ts';
import { load, type LoadRequest } from './wrk.ts';

/** Cases of cases.ts, and one that has no place there: its password is hashed, each time another user's. */
export const capacityCases = [
  'same scope',
  'every scope new',
  'repeated login',
  'access token',
  'refresh token',
  'first login',
] as const;
export type CapacityCase = (typeof capacityCases)[number];

export const processCounts = [1, 2, 4] as const;
export type ProcessCount = (typeof processCounts)[number];

/** Of a core, for each process that is held. Four of them leave half of two cores to wrk and the database. */
export const heldTo = 0.25;

export interface Run {
  /** All processes together. */
  readonly perSecond: number;
  /** Microseconds of processor time for a request: dockpass, and the database's processes. */
  readonly own: number;
  readonly database: number;
  readonly failed: number;
}

export interface Capacity {
  /** Every process takes what it gets. */
  readonly free: Readonly<Record<CapacityCase, Readonly<Record<ProcessCount, Run>>>>;
  /** Every process is held to `heldTo`. Undefined where the machine cannot. */
  readonly held: Readonly<Record<CapacityCase, Readonly<Record<ProcessCount, Run>>>> | undefined;
}

export interface CapacityOptions {
  /** Seconds of load for each measurement. */
  readonly seconds: number;
  readonly rounds: number;
}

/** One, two and four real processes on one PostgreSQL, each with a wrk of its own. */
export async function measureCapacity(
  home: Home,
  database: { readonly url: string; readonly server: PostgresServer },
  options: CapacityOptions,
): Promise<Capacity> {
  const logins = await manyLogins(home, database.url);
  const perCount = async (part: number | undefined) => {
    const counts = new Map<ProcessCount, Map<CapacityCase, Run>>();
    for (const count of processCounts) {
      const runs = await runWith(count, part, home, database.server, logins, options);
      if (runs === undefined) return undefined;
      counts.set(count, runs);
    }
    return byCase((name, count) => counts.get(count)?.get(name));
  };
  const free = await perCount(undefined);
  if (free === undefined) throw new Error('the processes could not be started');
  return { free, held: await perCount(heldTo) };
}

function byCase(run: (name: CapacityCase, count: ProcessCount) => Run | undefined): Capacity['free'] {
  return Object.fromEntries(
    capacityCases.map((name) => [
      name,
      Object.fromEntries(processCounts.map((count) => [count, run(name, count)])),
    ]),
  ) as unknown as Capacity['free'];
}

interface Replica {
  readonly origin: string;
  readonly child: Child;
  readonly directory: string;
}

async function runWith(
  count: ProcessCount,
  part: number | undefined,
  home: Home,
  database: PostgresServer,
  logins: Logins,
  { seconds, rounds }: CapacityOptions,
): Promise<Map<CapacityCase, Run> | undefined> {
  const shares: Share[] = [];
  const replicas: Replica[] = [];
  try {
    for (let at = 0; at < count; at++) replicas.push(await startReplica(home, at));
    // Only once they are up: starting is not what is measured.
    for (const [at, { child }] of replicas.entries()) {
      if (part === undefined) continue;
      const share = shareOfCore(part, String(at));
      if (share === undefined) return undefined;
      shares.push(share);
      share.hold(child.pid);
    }
    const results = new Map<CapacityCase, Run[]>(capacityCases.map((name) => [name, []]));
    for (let round = 0; round <= rounds; round++) {
      for (const name of capacityCases) {
        const run = await measure(replicas, () => requestFor(name, home, logins), seconds, database);
        // The first round warms everyone up.
        if (round > 0) results.get(name)?.push(run);
      }
    }
    return new Map([...results].map(([name, runs]) => [name, middleOf(runs)]));
  } finally {
    await Promise.all(replicas.map(({ child }) => child.stop()));
    for (const share of shares) share.remove();
  }
}

async function startReplica(home: Home, at: number): Promise<Replica> {
  const [port, operations] = [await freePort(), await freePort()];
  const child = home.start({
    DOCKPASS_LISTEN: `127.0.0.1:${port}`,
    DOCKPASS_OPERATIONS_LISTEN: `127.0.0.1:${operations}`,
  });
  await child.line(/token server ready/);
  const directory = join(home.directory, `wrk-${at}`);
  await mkdir(directory, { recursive: true });
  return { origin: `http://127.0.0.1:${port}`, child, directory };
}

async function measure(
  replicas: readonly Replica[],
  request: () => LoadRequest,
  seconds: number,
  database: PostgresServer,
): Promise<Run> {
  const own = (): number => replicas.reduce((sum, { child }) => sum + child.cpuTime(), 0);
  const [ownBefore, databaseBefore] = [own(), database.cpuTime()];
  const results = await Promise.all(
    replicas.map(({ origin, directory }) => load(origin, request(), seconds, directory)),
  );
  const perSecond = results.reduce((sum, result) => sum + result.perSecond, 0);
  const requests = perSecond * seconds;
  return {
    perSecond,
    own: (own() - ownBefore) / requests,
    database: (database.cpuTime() - databaseBefore) / requests,
    failed: results.reduce((sum, { failed }) => sum + failed, 0),
  };
}

function middleOf(runs: readonly Run[]): Run {
  return {
    perSecond: median(runs.map(({ perSecond }) => perSecond)),
    own: median(runs.map(({ own }) => own)),
    database: median(runs.map(({ database }) => database)),
    failed: runs.reduce((sum, { failed }) => sum + failed, 0),
  };
}

/** Hands out logins that nobody remembers yet. */
type Logins = () => string[];

const loginsAtOnce = 300;

/** Many users with the password of the one that there is, so that each login of theirs costs one hash. */
async function manyLogins({ target }: Home, url: string): Promise<Logins> {
  const [name = '', password = ''] = target.login?.split(':') ?? [];
  const count = loginsAtOnce * 100;
  await query(
    url,
    `insert into users (name, role, password_hash, disabled, created_at, changed_at) select 'first-' || i, role, password_hash, 0, 1, 1 from users, generate_series(0, ${count - 1}) i where name = '${name}'`,
  );
  let next = 0;
  return () =>
    Array.from({ length: loginsAtOnce }, () => {
      const login = `first-${next++ % count}:${password}`;
      return `Basic ${Buffer.from(login).toString('base64')}`;
    });
}

function requestFor(name: CapacityCase, home: Home, logins: Logins): LoadRequest {
  if (name !== 'first login') return requestOf(name, home.target);
  const { path } = requestOf('access token', home.target);
  return { path, authorizations: logins() };
}
