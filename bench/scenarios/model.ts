import type { CapacityCase } from '../capacity.ts';
import type { Figures } from '../figures.ts';
import type { Result, Station, Visit } from '../simulate.ts';

/** The number of connections from one process to PostgreSQL (src/store). */
export const poolSize = 8;
/**
 * The number of password hashes that may wait in one process (src/identity/password/password-hash.ts). Further logins
 * are rejected with Retry-After: 2.
 */
export const hashRoom = 32;
export const hashRetry = 2;
/**
 * The number of audit rows that one process keeps in memory if they cannot be written (src/observe/audit/recorder.ts).
 */
export const auditRoom = 100_000;

/** The measured costs of a request, in seconds. */
export interface Costs {
  /** Everything on the event loop, without the signature and the password hash. */
  readonly loop: Readonly<Record<CapacityCase, number>>;
  readonly signature: number;
  readonly hash: number;
  /**
   * A database lookup: processor time of dockpass, time for which a connection is busy, processor time of the database.
   */
  readonly userLookup: Lookup;
  readonly robotLookup: Lookup;
  /** All processes share one chain of audit rows. For this time, no other process can write to it. */
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
  const measured = (name: CapacityCase): number => capacity.free[name][1].own * micro;
  const lookup = (name: keyof typeof postgres): Lookup => {
    const { own, latency, database } = postgres[name];
    return { own: own * micro, connection: latency / 1000, database: database * micro };
  };
  return {
    loop: {
      'same scope': measured('same scope'),
      // Each of these tokens is signed. The other requests share one token per second.
      'every scope new': Math.max(0, measured('every scope new') - signature),
      'repeated login': measured('repeated login'),
      'access token': measured('access token'),
      'refresh token': measured('refresh token'),
      'first login': measured('repeated login'),
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

/** The stations of the simulation: those of each process, and those that all processes share. */
export interface Deployment {
  readonly stations: readonly Station[];
  loop(process: number, seconds: number): Visit;
  signature(process: number, seconds: number): Visit;
  hash(process: number, seconds: number): Visit;
  connection(process: number, seconds: number): Visit;
  /** The chain of audit rows, which all processes share. */
  chain(seconds: number): Visit;
  /** Updates of last uses. They block each other only if they concern the same row. */
  lastUses(process: number, seconds: number): Visit;
}

/** The highest number of audit rows that waited at the same time. */
export function waitingRows({ stations }: Result): number {
  return stations.find(({ name }) => name === 'audit chain')?.longestQueue ?? 0;
}

const each = ['event loop', 'signatures', 'hashes', 'connections', 'last uses'] as const;

/** Each process has two cores: one for the event loop and one for the thread pool. */
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
