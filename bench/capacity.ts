import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { requestOf } from './cases.ts';
import type { Child } from './child.ts';
import { firstLogins } from './first-logins.ts';
import { freePort, type Home } from './home.ts';
import { median } from './median.ts';
import type { PostgresServer } from './postgres-server.ts';
import { shareOfCore, type Share } from './share.ts';
import { load, type LoadRequest } from './wrk.ts';

/** The cases of cases.ts, and `first login`: each request is from another user, whose password must be hashed. */
export const capacityCases = [
  'same scope',
  'every scope new',
  'repeated login',
  'access token',
  'refresh token',
  'first login',
] as const;
export type CapacityCase = (typeof capacityCases)[number];

const usualCases = capacityCases.filter((name) => name !== 'first login');

export const processCounts = [1, 2, 4] as const;
export type ProcessCount = (typeof processCounts)[number];

/**
 * The share of a core that each limited process gets. Four processes leave one of two cores to wrk and the database.
 */
export const heldTo = 0.25;

export interface Run {
  /** Requests per second of all processes together. */
  readonly perSecond: number;
  /** Microseconds of processor time for a request, in dockpass (`own`) and in the processes of the database. */
  readonly own: number;
  readonly database: number;
}

export interface Capacity {
  /** The results without a limit of processor time. */
  readonly free: Readonly<Record<CapacityCase, Readonly<Record<ProcessCount, Run>>>>;
  /** The results with each process limited to `heldTo`. Undefined if the machine does not support the limit. */
  readonly held: Readonly<Record<CapacityCase, Readonly<Record<ProcessCount, Run>>>> | undefined;
}

export interface CapacityOptions {
  /** Seconds of load for each measurement. */
  readonly seconds: number;
  readonly rounds: number;
}

/** Measures one, two and four real processes with one PostgreSQL. Each process gets requests from its own wrk. */
export async function measureCapacity(
  home: Home,
  database: { readonly url: string; readonly server: PostgresServer },
  options: CapacityOptions,
): Promise<Capacity> {
  const logins = await firstLogins(home, database.url);
  const load = { home, logins, database: database.server, ...options };
  const perCount = async (part: number | undefined) => {
    const counts = new Map<ProcessCount, Map<CapacityCase, Run>>();
    for (const count of processCounts) {
      const usual = await runWith(count, part, usualCases, {}, load);
      // Without cached credentials, each login is a first login.
      const first = await runWith(count, part, ['first login'], { DOCKPASS_PASSWORDS_REMEMBER: '0s' }, load);
      if (usual === undefined || first === undefined) return undefined;
      counts.set(count, new Map([...usual, ...first]));
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

interface Load extends CapacityOptions {
  readonly home: Home;
  /** Authorization headers, each with another user. */
  readonly logins: readonly string[];
  readonly database: PostgresServer;
}

/** @param part the share of a core that each process gets. Undefined: no limit */
async function runWith(
  count: ProcessCount,
  part: number | undefined,
  cases: readonly CapacityCase[],
  env: Readonly<Record<string, string>>,
  { home, logins, database, seconds, rounds }: Load,
): Promise<Map<CapacityCase, Run> | undefined> {
  const shares: Share[] = [];
  const replicas: Replica[] = [];
  try {
    for (let at = 0; at < count; at++) replicas.push(await startReplica(home, at, env));
    const results = new Map<CapacityCase, Run[]>(cases.map((name) => [name, []]));
    for (let round = 0; round <= rounds; round++) {
      for (const name of cases) {
        const run = await measure(replicas, requestFor(name, home, logins), seconds, database);
        // The first round does not count, because it warms up the processes.
        if (round > 0) results.get(name)?.push(run);
      }
      if (round > 0 || part === undefined) continue;
      // The limit begins after the warm-up, because the start and the compilation of code are not measured.
      for (const [at, { child }] of replicas.entries()) {
        const share = shareOfCore(part, String(at));
        if (share === undefined) return undefined;
        shares.push(share);
        share.hold(child.pid);
      }
    }
    return new Map([...results].map(([name, runs]) => [name, middleOf(runs)]));
  } finally {
    await Promise.all(replicas.map(({ child }) => child.stop()));
    for (const share of shares) share.remove();
  }
}

async function startReplica(home: Home, at: number, env: Readonly<Record<string, string>>): Promise<Replica> {
  const [port, operations] = [await freePort(), await freePort()];
  const child = home.start({
    ...env,
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
  request: LoadRequest,
  seconds: number,
  database: PostgresServer,
): Promise<Run> {
  const own = (): number => replicas.reduce((sum, { child }) => sum + child.cpuTime(), 0);
  const [ownBefore, databaseBefore] = [own(), database.cpuTime()];
  const results = await Promise.all(
    replicas.map(({ origin, directory }) => load(origin, request, seconds, directory)),
  );
  const failed = results.reduce((sum, result) => sum + result.failed, 0);
  if (failed > 0)
    throw new Error(`${failed} requests for ${request.path} failed, so the measured cost is wrong`);
  const perSecond = results.reduce((sum, result) => sum + result.perSecond, 0);
  const requests = perSecond * seconds;
  return {
    perSecond,
    own: (own() - ownBefore) / requests,
    database: (database.cpuTime() - databaseBefore) / requests,
  };
}

function middleOf(runs: readonly Run[]): Run {
  return {
    perSecond: median(runs.map(({ perSecond }) => perSecond)),
    own: median(runs.map(({ own }) => own)),
    database: median(runs.map(({ database }) => database)),
  };
}

function requestFor(name: CapacityCase, home: Home, logins: readonly string[]): LoadRequest {
  const request = requestOf(name === 'first login' ? 'access token' : name, home.target);
  // Each process gets the same Host header, because a refresh token is valid only for the host that it was issued for.
  const headers = { Host: new URL(home.origin).host, ...request.headers };
  // So few connections that the queue of password hashes is never full. Otherwise dockpass would reject logins, which
  // costs almost nothing.
  const first = { authorizations: logins, connections: 4 };
  return { ...request, headers, ...(name === 'first login' && first) };
}
