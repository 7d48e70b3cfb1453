import { poolSize, type Costs } from './model.ts';

/** A resource that can limit the throughput. */
export interface Limit {
  readonly name: string;
  /** The highest number of operations per second. */
  readonly perSecond: number;
  /** What increases the limit. `nothing` if all processes share one resource. */
  readonly growsWith: 'processes' | 'cores' | 'the database’s cores' | 'nothing';
  readonly moves: string;
}

/** The limits for one process with two cores and a database with two cores, the lowest first. */
export function limitsOf(costs: Costs): Limit[] {
  const limits: Limit[] = [
    {
      name: 'passwords hashed',
      perSecond: 1 / costs.hash,
      growsWith: 'cores',
      moves: 'access tokens and robots instead of passwords; a longer `passwords.remember`; more processes',
    },
    {
      name: 'tokens signed, ES256',
      perSecond: 1 / costs.signature,
      growsWith: 'cores',
      moves: 'a fleet that asks for the same shares one a second; `keys.algorithm`; more processes',
    },
    {
      name: 'requests read and answered',
      perSecond: 1 / costs.loop['same scope'],
      growsWith: 'processes',
      moves: 'more processes',
    },
    {
      name: 'first logins read from the database, by its processor',
      perSecond: 2 / costs.userLookup.database,
      growsWith: 'the database’s cores',
      moves: 'nothing has to: 20,000 users are remembered by each process',
    },
    {
      name: 'first logins read from the database, by connections',
      perSecond: poolSize / costs.userLookup.connection,
      growsWith: 'processes',
      moves: 'a database that is near; more processes (8 connections each: `max_connections`)',
    },
    {
      name: 'audit rows written',
      perSecond: 1 / costs.auditRow,
      growsWith: 'nothing',
      moves:
        'longer tokens; what repeats within a group is one row; rows wait in memory, 100,000 in each process, so a rush is written later',
    },
  ];
  return limits.sort((one, other) => one.perSecond - other.perSecond);
}
