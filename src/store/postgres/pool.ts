import pg from 'pg';
import type { PostgresServers } from './servers.ts';

/** Open connections at once. Further requests wait for one. A login that is answered from the cache needs none. */
const poolSize = 8;
/** Milliseconds. */
const statementTimeout = 5000;

export interface PostgresPool {
  connect(): Promise<pg.PoolClient>;
  end(): Promise<void>;
  /**
   * Replaces all connections by new ones to the server that accepts writes now. Without this, a request on a
   * connection that was cut but not closed would wait for many minutes, until TCP gives up.
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
    // The pool replaces a broken connection, and the statement that used it fails. Without listeners, the event
    // `error` would end the process.
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
