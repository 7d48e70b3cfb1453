import { poolSize, type Costs } from './model.ts';

/** A resource that can limit the throughput. */
export interface Limit {
  readonly name: string;
  /** The highest number of operations per second. */
  readonly perSecond: number;
  /** What increases the limit. `nothing` if all processes share one resource. */
  readonly growsWith: 'processes' | 'cores' | 'the database’s cores' | 'nothing';
  /** How to raise the limit. */
  readonly raisedBy: string;
}

/** The limits for one process with two cores and a database with two cores, the lowest first. */
export function limitsOf(costs: Costs): Limit[] {
  const limits: Limit[] = [
    {
      name: 'passwords hashed',
      perSecond: 1 / costs.hash,
      growsWith: 'cores',
      raisedBy:
        'use access tokens and robots instead of passwords; a longer `passwords.remember`; more processes',
    },
    {
      name: 'tokens signed, ES256',
      perSecond: 1 / costs.signature,
      growsWith: 'cores',
      raisedBy:
        'more processes; another `keys.algorithm`. Equal requests within a second share one signature',
    },
    {
      name: 'requests read and answered',
      perSecond: 1 / costs.loop['same scope'],
      growsWith: 'processes',
      raisedBy: 'more processes',
    },
    {
      name: 'first logins read from the database: processor of the database',
      perSecond: 2 / costs.userLookup.database,
      growsWith: 'the database’s cores',
      raisedBy: 'not needed: each process caches 20,000 users',
    },
    {
      name: 'first logins read from the database: connections',
      perSecond: poolSize / costs.userLookup.connection,
      growsWith: 'processes',
      raisedBy: 'a database in the same network; more processes (8 connections each: `max_connections`)',
    },
    {
      name: 'audit rows written',
      perSecond: 1 / costs.auditRow,
      growsWith: 'nothing',
      raisedBy:
        'longer token lifetimes. Equal rows in a group are written once. Each process holds up to 64 MiB of rows in memory and writes them later',
    },
  ];
  return limits.sort((one, other) => one.perSecond - other.perSecond);
}
