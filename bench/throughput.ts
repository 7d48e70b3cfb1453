import { setTimeout as wait } from 'node:timers/promises';
import { ask } from './ask.ts';
import { startBare } from './bare.ts';
import { requestOf, type Case, type Target } from './cases.ts';
import type { Child } from './child.ts';
import type { Home } from './home.ts';
import { median } from './median.ts';
import { settle } from './memory.ts';
import type { Peer } from './peer-target.ts';
import { makeTrustHome } from './trust-home.ts';
import { load, warmUpSeconds, type LoadRequest, type LoadResult } from './wrk.ts';

export interface Throughput {
  readonly bare: readonly BareResult[];
  readonly cases: readonly CaseResult[];
  /** Resident memory in bytes, some time after the load has ended. */
  readonly memoryAfterLoad: number;
}

export interface Measured extends LoadResult {
  /** Processor time of all threads for one request, in microseconds. Undefined for a peer, whose process is unknown. */
  readonly cpu: number | undefined;
}

export interface BareResult extends Measured {
  /** The length of its constant body, in bytes. */
  readonly bodyLength: number;
}

export interface CaseResult {
  readonly name: string;
  readonly atLeast: number;
  /** The throughput divided by that of the bare server with a body of the same length: the median over the rounds. */
  readonly ratio: number;
  readonly dockpass: Measured;
  readonly peer: Measured | undefined;
}

export interface ThroughputOptions {
  readonly cases: readonly Case[];
  /** The build that is measured. */
  readonly bin: string;
  readonly peer: Peer | undefined;
  /** Seconds of load for each measurement. */
  readonly seconds: number;
  readonly rounds: number;
}

/**
 * Measures bare servers, dockpass and the peer in turn, so that other programs on the machine affect all of them
 * equally. The first round does not count, because it warms the servers up.
 */
export async function measureThroughput(home: Home, options: ThroughputOptions): Promise<Throughput> {
  const server = home.start();
  await server.line(/token server ready/);
  const same = requestOf('same scope', home.target);
  const { bodyLength } = await ask(home.origin, same);
  const bareServers = [await startBare(bodyLength), await startBare(600)] as const;
  const bare = bareServers.map((child): Lane => ({
    origin: child.origin,
    child,
    request: same,
    results: [],
  }));
  const trust = options.cases.some(({ needsTrust }) => needsTrust)
    ? await startTrust(options.bin)
    : undefined;
  try {
    const ours = options.cases.map((entry) =>
      entry.needsTrust
        ? trust && laneFor(entry, trust.home.origin, trust.home.target, trust.server)
        : laneFor(entry, home.origin, home.target, server),
    );
    const peers = options.cases.map(
      (entry) => options.peer && laneFor(entry, options.peer.origin, options.peer.target),
    );
    const lanes = [...bare, ...ours, ...peers].filter((lane) => lane !== undefined);
    for (let round = 0; round <= options.rounds; round++) {
      for (const lane of lanes) {
        const result = await measure(lane, round === 0 ? warmUpSeconds : options.seconds, home.directory);
        if (round > 0) lane.results.push(result);
      }
    }
    await wait(settle);
    const memoryAfterLoad = server.residentMemory();
    await Promise.all([server, ...bareServers].map((child) => child.stop()));
    const yardstick = bare[0]?.results ?? [];
    return {
      bare: bareServers.map((child, at) => ({ bodyLength: child.bodyLength, ...middleOf(bare[at]) })),
      cases: options.cases.map(({ name, atLeast }, at) => ({
        name,
        atLeast,
        ratio: median(
          (ours[at]?.results ?? []).map(
            ({ perSecond }, round) => perSecond / (yardstick[round]?.perSecond ?? 0),
          ),
        ),
        dockpass: middleOf(ours[at]),
        peer: peers[at] && middleOf(peers[at]),
      })),
      memoryAfterLoad,
    };
  } finally {
    await trust?.server.stop();
    await trust?.home.remove();
  }
}

/** A server of its own with a trust rule, so that the other figures are those of a server without one. */
async function startTrust(bin: string): Promise<{ readonly home: Home; readonly server: Child }> {
  const home = await makeTrustHome(bin);
  const server = home.start();
  await server.line(/token server ready/);
  return { home, server };
}

/** One server with one kind of request, and its result in each round. */
interface Lane {
  readonly origin: string;
  readonly child: Child | undefined;
  readonly request: LoadRequest;
  readonly results: Measured[];
}

function laneFor(entry: Case, origin: string, target: Target, child?: Child): Lane | undefined {
  const request = entry.request(target);
  return request && { origin, child, request, results: [] };
}

async function measure(
  { origin, child, request }: Lane,
  seconds: number,
  directory: string,
): Promise<Measured> {
  const before = child?.cpuTime() ?? 0;
  const result = await load(origin, request, seconds, directory);
  return { ...result, cpu: child && (child.cpuTime() - before) / (result.perSecond * seconds) };
}

/** The median of each figure. Failures are added up. */
function middleOf(lane: Lane | undefined): Measured {
  const results = lane?.results ?? [];
  return {
    perSecond: median(results.map(({ perSecond }) => perSecond)),
    p50: median(results.map(({ p50 }) => p50)),
    p99: median(results.map(({ p99 }) => p99)),
    cpu: lane?.child && median(results.map(({ cpu }) => cpu ?? Number.NaN)),
    failed: results.reduce((sum, { failed }) => sum + failed, 0),
  };
}
