import type { CapacityCase } from '../capacity.ts';
import type { Figures } from '../figures.ts';
import type { Result, Station, Visit } from '../simulate.ts';

/** Connections of one process to PostgreSQL (src/store). */
export const poolSize = 8;
/** Hashes that may wait in one process (src/identity/password/password-hash.ts); who comes then is told to come again in 2 s. */
export const hashRoom = 32;
export const hashRetry = 2;
/** Audit rows that one process holds while they cannot be written (src/observe/audit/recorder.ts). */
export const auditRoom = 100_000;

/** What a request costs, in seconds, as it was measured. */
export interface Costs {
  /** On the event loop, all but the signature and the hash. */
  readonly loop: Readonly<Record<CapacityCase, number>>;
  readonly signature: number;
  readonly hash: number;
  /** A look into the database: our own computing, how long a connection is taken, the database's computing. */
  readonly userLookup: Lookup;
  readonly robotLookup: Lookup;
  /** The chain of audit rows is one for all processes: for so long nobody else writes to it. */
  readonly auditRow: number;
  readonly auditRowOwn: number;
  readonly lastUse: number;
}

export interface Lookup {
  readonly own: number;
  readonly connection: number;
  readonly database: number;
}

const micro = 1e-6;
const rowsInGroup = 1000;

export function costsOf({ steps, capacity, postgres }: Figures): Costs {
  const signature = steps['sign a new token, ES256'] * micro;
  const hash = steps['check a password, argon2id'] * micro;
  const whole = (name: CapacityCase): number => capacity.free[name][1].own * micro;
  const lookup = (name: keyof typeof postgres): Lookup => {
    const { own, latency, database } = postgres[name];
    return { own: own * micro, connection: latency / 1000, database: database * micro };
  };
  return {
    loop: {
      'same scope': whole('same scope'),
      // Each of these is signed; the others share the token of this second.
      'every scope new': Math.max(0, whole('every scope new') - signature),
      'repeated login': whole('repeated login'),
      'access token': whole('access token'),
      'refresh token': whole('refresh token'),
      'first login': whole('repeated login'),
    },
    signature,
    hash,
    userLookup: lookup('first login: the user, groups and grants'),
    robotLookup: lookup('first use of a robot’s secret'),
    auditRow: postgres['an audit row, in groups of 1,000'].latency / 1000 / rowsInGroup,
    auditRowOwn: postgres['an audit row, in groups of 1,000'].own * micro,
    lastUse: postgres['a last use, in groups of 1,000'].latency / 1000 / rowsInGroup,
  };
}

/** What can be short, of each process and for all of them. */
export interface Deployment {
  readonly stations: readonly Station[];
  loop(process: number, seconds: number): Visit;
  signature(process: number, seconds: number): Visit;
  hash(process: number, seconds: number): Visit;
  connection(process: number, seconds: number): Visit;
  /** The one chain of audit rows. */
  chain(seconds: number): Visit;
  /** Updates of last uses: rows lock one another only where they are the same. */
  lastUses(process: number, seconds: number): Visit;
}

/** Audit rows that waited at the worst moment. */
export function waitingRows({ stations }: Result): number {
  return stations.find(({ name }) => name === 'audit chain')?.longestQueue ?? 0;
}

const each = ['event loop', 'signatures', 'hashes', 'connections', 'last uses'] as const;

/** Two cores for each process: one for the event loop, one for what its thread pool does. */
export function deploymentOf(processes: number): Deployment {
  const perProcess = (): Station[] => [
    { name: 'event loop', servers: 1 },
    { name: 'signatures', servers: 1 },
    { name: 'hashes', servers: 1, room: hashRoom },
    { name: 'connections', servers: poolSize },
    { name: 'last uses', servers: 1 },
  ];
  const stations = Array.from({ length: processes }, perProcess).flat();
  const at =
    (name: (typeof each)[number]) =>
    (process: number, seconds: number): Visit => ({
      station: process * each.length + each.indexOf(name),
      seconds,
    });
  return {
    stations: [...stations, { name: 'audit chain', servers: 1 }],
    loop: at('event loop'),
    signature: at('signatures'),
    hash: at('hashes'),
    connection: at('connections'),
    chain: (seconds) => ({ station: stations.length, seconds }),
    lastUses: at('last uses'),
  };
}
