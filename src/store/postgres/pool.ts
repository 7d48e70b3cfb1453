import pg from 'pg';
import { setSearchPath } from './search-path.ts';
import type { PostgresServers } from './servers.ts';

/**
 * The maximum number of open connections. If all of them are in use, a query waits until one is free. A login that is
 * answered from the cache needs no connection.
 */
const poolSize = 8;
/** The longest time that a statement may take, in milliseconds. */
const statementTimeout = 5000;

export interface PostgresPool {
  connect(): Promise<pg.PoolClient>;
  end(): Promise<void>;
  /**
   * Replaces all connections with new connections to the server that now accepts writes. An old connection may be
   * interrupted without being closed. A query on such a connection would wait many minutes for the TCP timeout.
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
      // `setSearchPath` returns a promise, and the pool waits for it before it uses a new connection. If the promise
      // rejects, the pool closes the connection, and the query that needed it fails.
      onConnect: setSearchPath,
    });
    // The listeners do nothing. If a connection breaks, the statement that used it fails, and the pool replaces the
    // connection. But without the listeners, an `error` event would end the process.
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
