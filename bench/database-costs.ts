import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { toAccount, readAccount } from '../src/identity/account.ts';
import { createEventId } from '../src/audit/event-id.ts';
import { formatEventText, type EventText } from '../src/audit/event-text.ts';
import { openStore } from '../src/store/open-store.ts';
import type { RefreshToken, Store } from '../src/store/store.ts';
import { median } from './median.ts';

/** The database operations of a request, and of the work after its answer. docs/scale.md uses the same names. */
export const operationNames = [
  'first login: the user, groups and grants',
  'first use of an access token',
  'first use of a robot’s secret',
  'first use of a refresh token',
  'a refresh token given',
  'an audit row, in groups of 1,000',
  'a last use, in groups of 1,000',
  'an administrative change',
] as const;
export type OperationName = (typeof operationNames)[number];

export interface OperationCost {
  /** Milliseconds from the call to its result, without other calls at the same time. */
  readonly latency: number;
  /** Microseconds of processor time in dockpass, with several calls at the same time. */
  readonly own: number;
  /** Microseconds of processor time in the processes of the database. 0 for SQLite, which has none. */
  readonly database: number;
}

export type DatabaseCosts = Readonly<Record<OperationName, OperationCost>>;

interface Operation {
  readonly name: OperationName;
  /** The number of calls in one measurement. */
  readonly times: number;
  /** The number of items, such as rows, in one call. The costs are those of one item. */
  readonly size: number;
  readonly run: (store: Store, at: number) => Promise<unknown>;
}

const group = 1000;

const operations: readonly Operation[] = [
  {
    name: 'first login: the user, groups and grants',
    times: 400,
    size: 1,
    run: (store, at) => readAccount(store, userName(at)),
  },
  {
    name: 'first use of an access token',
    times: 400,
    size: 1,
    run: async (store, at) => {
      const found = await store.accessTokens.findWithOwner(secretHash(`token-${at % population}`));
      return found && toAccount(found.owner);
    },
  },
  {
    name: 'first use of a robot’s secret',
    times: 400,
    size: 1,
    run: (store, at) => store.robots.findBySecret(secretHash(`robot-${at % population}`)),
  },
  {
    name: 'first use of a refresh token',
    times: 400,
    size: 1,
    run: async (store, at) => {
      const found = await store.refreshTokens.findWithHolder(secretHash(`session-${at % population}`));
      return found && toAccount(found.holder);
    },
  },
  {
    name: 'a refresh token given',
    times: 400,
    size: 1,
    run: (store, at) => store.refreshTokens.add(newSession(at)),
  },
  {
    name: 'an audit row, in groups of 1,000',
    times: 8,
    size: group,
    run: (store, at) => store.auditLog.append(events(at)),
  },
  {
    name: 'a last use, in groups of 1,000',
    times: 8,
    size: group,
    run: (store, at) => store.robots.used(lastUses(at)),
  },
  {
    name: 'an administrative change',
    times: 40,
    size: 1,
    run: (store, at) => {
      const robot = `robot-${at % population}`;
      const change = { at: Date.now(), subject: robot, what: `robot ${robot} disabled` };
      return store.change(change, async ({ robots }) => void (await robots.setDisabled(robot, true)));
    },
  },
];

/**
 * The number of users, and of access tokens, refresh tokens and robots. It is higher than the capacity of the caches.
 */
export const population = 100_000;

/**
 * Measures all operations in several rounds, and takes the medians.
 * @param database a path or URL of a database that fill-database.ts has filled
 * @param serverTime returns the processor time of the database's processes so far, in microseconds
 */
export async function measureDatabase(
  database: string,
  rounds: number,
  serverTime: () => number,
): Promise<DatabaseCosts> {
  const store = await openStore(database);
  try {
    const costs = new Map(operations.map(({ name }) => [name, [] as OperationCost[]]));
    let at = 0;
    for (let round = -1; round < rounds; round++) {
      for (const operation of operations) {
        const cost = await costOf(operation, store, (at += 10_007), serverTime);
        if (round >= 0) costs.get(operation.name)?.push(cost);
      }
    }
    const middle = (name: OperationName, part: keyof OperationCost): number =>
      median((costs.get(name) ?? []).map((cost) => cost[part]));
    return Object.fromEntries(
      operationNames.map((name) => [
        name,
        { latency: middle(name, 'latency'), own: middle(name, 'own'), database: middle(name, 'database') },
      ]),
    ) as Record<OperationName, OperationCost>;
  } finally {
    await store.close();
  }
}

/** The number of concurrent calls: one for each connection. Groups block each other, so two keep the database busy. */
const atOnce = (size: number): number => (size > 1 ? 2 : 8);

async function costOf(
  { times, size, run }: Operation,
  store: Store,
  first: number,
  serverTime: () => number,
): Promise<OperationCost> {
  const latencies: number[] = [];
  for (let at = 0; at < Math.ceil(times / 8); at++) {
    const begin = performance.now();
    await run(store, first + at);
    latencies.push(performance.now() - begin);
  }
  const [before, own] = [serverTime(), process.cpuUsage()];
  let next = first + times;
  const last = next + times;
  await Promise.all(
    Array.from({ length: atOnce(size) }, async () => {
      while (next < last) await run(store, next++);
    }),
  );
  const { user, system } = process.cpuUsage(own);
  const count = times * size;
  return {
    latency: median(latencies),
    own: (user + system) / count,
    database: (serverTime() - before) / count,
  };
}

export function userName(at: number): string {
  return `user-${(at * 7919) % population}`;
}

export function secretHash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function events(at: number): EventText[] {
  return Array.from({ length: group }, (_, more) =>
    formatEventText({
      id: createEventId(Date.now()),
      at: Date.now(),
      outcome: 'issued',
      subject: userName(at + more),
      address: '192.0.2.1',
      client: 'docker/28.0.0 go/go1.24.1 kernel/6.12.0 os/linux arch/amd64',
      host: 'registry.example.com',
      realm: 'private',
      asked: `repository:team/app-${at}:pull,push`,
      granted: `repository:team/app-${at}:pull,push`,
      reason: 'role',
      tokenId: '3f0e3d2c-8b1a-4f6e-9c57-0a1b2c3d4e5f',
      times: 1,
    }),
  );
}

function newSession(at: number): RefreshToken {
  const now = Math.floor(Date.now() / 1000);
  return {
    hash: secretHash(randomUUID()),
    id: randomBytes(6).toString('hex'),
    user: userName(at),
    service: 'registry',
    host: 'registry.example.com',
    client: 'docker',
    createdAt: now,
    expiresAt: now + 31_536_000,
    lastUse: { at: now, from: '192.0.2.1' },
  };
}

function lastUses(at: number) {
  const entries = Array.from(
    { length: group },
    (_, more) =>
      [
        // Each call updates other robots, because updates of the same robot would block each other.
        `robot-${(at * group + more) % population}`,
        { at: Math.floor(Date.now() / 1000), from: '192.0.2.1' },
      ] as const,
  );
  return new Map(entries);
}
