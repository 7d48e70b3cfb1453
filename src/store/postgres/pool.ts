import pg from 'pg';
import type { PostgresServers } from './servers.ts';

/** Connections at once; more requests wait for one. A login answered from memory needs none. */
const poolSize = 8;
/** Milliseconds. */
const statementTimeout = 5000;

export interface PostgresPool {
  connect(): Promise<pg.PoolClient>;
  end(): Promise<void>;
  /**
   * Leaves all connections for new ones to whichever server takes writes now. A connection that was cut, and not
   * closed, would hold up whoever is given it until TCP gives it up, many minutes later.
   */
  renew(): void;
}

export function postgresPool(servers: PostgresServers): PostgresPool {
  const open = (): pg.Pool => {
    const pool = new pg.Pool({
      ...servers.current(),
      max: poolSize,
      statement_timeout: statementTimeout,
      query_timeout: statementTimeout + 1000,
    });
    // A connection that breaks, idle or in use, is replaced by the pool and told by the statement that fails; without
    // listeners for both node would end the process.
    pool.on('error', () => {});
    pool.on('connect', (client) => void client.on('error', () => {}));
    return pool;
  };
  let pool = open();
  return {
    connect: () => pool.connect(),
    end: () => pool.end(),
    renew: () => {
      const left = pool;
      pool = open();
      left.end().catch(() => {});
    },
  };
}
