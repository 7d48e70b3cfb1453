import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openStore } from '../src/store/open-store.ts';
import { requestOf } from './cases.ts';
import { stopAll } from './child.ts';
import { pullOf, sendEvents } from './event-load.ts';
import { freePort, makeHome } from './home.ts';
import { startPostgresServer } from './postgres-server.ts';
import { runBenchmark } from './run-benchmark.ts';
import { sizeInPostgres, sizeInSqlite } from './usage-size.ts';
import { wholeNumber } from './whole-number.ts';
import { load, warmUpSeconds } from './wrk.ts';

/**
 * `npm run bench:events`, for SQLite and for PostgreSQL:
 * - records events in groups, as the server does, as fast as possible;
 * - sends events to a server while clients request tokens at half of the rate at which the server can issue them;
 * - measures the space for the counts of pulls in one year. 100 million pulls must fit into 2 GiB.
 */
const usage = `npm run bench:events -- [--pulls 10000000] [--seconds 10] [--part rate|tokens|size]

Needs PostgreSQL, and wrk.`;

const recorded = 20_000;
const eventsAtOnce = 250;
const connections = 128;
const secret = 'bench-events-secret-of-32-characters';

interface Backend {
  readonly name: string;
  readonly database: string;
  /** The number of events in a second that the server must record. */
  readonly target: number;
  readonly sizeOf: (database: string, pulls: number) => Promise<number>;
}

await runBenchmark(usage, async () => {
  const { values } = parseArgs({
    options: {
      pulls: { type: 'string', default: '10000000' },
      seconds: { type: 'string', default: '10' },
      part: { type: 'string' },
    },
  });
  const pulls = wholeNumber('--pulls', values.pulls);
  const seconds = wholeNumber('--seconds', values.seconds);
  const { part } = values;
  if (part !== undefined && !['rate', 'tokens', 'size'].includes(part))
    throw new TypeError('--part must be rate, tokens or size');
  const postgres = await startPostgresServer();
  try {
    for (const name of ['SQLite', `PostgreSQL ${postgres.version}`]) {
      const isSqlite = name === 'SQLite';
      await withHome(isSqlite ? undefined : await postgres.newDatabase(), async (home, database) => {
        const backend: Backend = {
          ...{ name, database },
          target: isSqlite ? 5000 : 2000,
          sizeOf: isSqlite ? sizeInSqlite : sizeInPostgres,
        };
        if (part === undefined || part === 'tokens') await measureTokens(backend, home, seconds);
        if (part === undefined || part === 'rate') await measureRate(backend);
        if (part === undefined || part === 'size') await measureSize(backend, pulls);
      });
    }
  } finally {
    await stopAll();
    await postgres.stop();
  }
});

type EventsHome = Awaited<ReturnType<typeof makeHome>> & { readonly eventsPort: number };

async function withHome(
  url: string | undefined,
  run: (home: EventsHome, database: string) => Promise<void>,
): Promise<void> {
  const eventsPort = await freePort();
  const home = await makeHome(new URL('../bin/dockpass.js', import.meta.url).pathname, [
    `events: { listen: '127.0.0.1:${eventsPort}', secret: ${secret} }`,
    ...(url === undefined ? [] : [`database: ${url}`]),
  ]);
  try {
    await run({ ...home, eventsPort }, url ?? join(home.directory, 'data/dockpass.db'));
  } finally {
    await home.remove();
  }
}

/** Measures how many new tokens a server issues at half of its maximum rate, without events and with them. */
async function measureTokens({ name, target }: Backend, home: EventsHome, seconds: number): Promise<void> {
  const server = home.start();
  await server.line(/token server ready/);
  const request = requestOf('every scope new', home.target);
  await load(home.origin, request, warmUpSeconds, home.directory);
  const maximum = await load(home.origin, { ...request, connections }, seconds, home.directory);
  const halfLoad = { ...request, connections, perSecond: maximum.perSecond / 2 };
  const measureWithEvents = async (duration: number) => {
    const events = sendEvents(`http://127.0.0.1:${home.eventsPort}/events`, secret, target);
    // The first events start the thread that records them.
    await wait(1000);
    const [begin, acknowledged] = [performance.now(), events.acknowledged()];
    const tokens = await load(home.origin, halfLoad, duration, home.directory);
    const eventsPerSecond = (events.acknowledged() - acknowledged) / ((performance.now() - begin) / 1000);
    await events.stop();
    return { ...tokens, eventsPerSecond };
  };
  await measureWithEvents(warmUpSeconds);
  const without = await load(home.origin, halfLoad, seconds, home.directory);
  const during = await measureWithEvents(seconds);
  await server.stop();
  const half = maximum.perSecond / 2;
  const share = during.perSecond / half;
  const isMet = share >= 0.9 && during.eventsPerSecond >= 0.99 * target && during.failed === 0;
  print(
    `${name}: at most ${maximum.perSecond} tokens/s. Of half of it, ${(without.perSecond / half).toFixed(2)} without events (p99 ${without.p99} ms), and ${share.toFixed(2)} (p99 ${during.p99} ms) during ${Math.round(during.eventsPerSecond)} events/s (target: 0.9 during ${target} events/s): ${isMet ? 'ok' : 'MISSED'}`,
  );
}

/** Measures how many events one process records if nothing else happens. */
async function measureRate({ name, database, target }: Backend): Promise<void> {
  const store = await openStore(database);
  const at = Date.UTC(2026, 0, 31, 12);
  const events = Array.from({ length: recorded / 2 }, (_, number) => pullOf(number, at + number)).flat();
  const begin = performance.now();
  const cpu = process.cpuUsage();
  for (let from = 0; from < events.length; from += eventsAtOnce)
    await store.usage.record(events.slice(from, from + eventsAtOnce), at);
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  await store.close();
  print(
    `${name}: ${Math.round(recorded / seconds)} events/s (target: ${target}), ${((user + system) / recorded).toFixed(0)} µs of processor time for each`,
  );
}

async function measureSize({ name, database, sizeOf }: Backend, pulls: number): Promise<void> {
  const limit = 2 * 2 ** 30 * (pulls / 100_000_000);
  const bytes = await sizeOf(database, pulls);
  print(
    `${name}: ${(bytes / 2 ** 20).toFixed(0)} MiB for the counts of ${pulls.toLocaleString('en-US')} pulls (limit ${(limit / 2 ** 20).toFixed(0)} MiB): ${bytes <= limit ? 'ok' : 'MISSED'}`,
  );
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
