import pg from 'pg';
import { explainPostgresError } from './explain-error.ts';
import { setSearchPath } from './search-path.ts';
import type { PostgresServer, PostgresUrl } from './url.ts';

/** The maximum time for opening a connection, in milliseconds. */
const connectTimeout = 5000;

/**
 * The parsers for values from the database. They return values of type bigint as numbers. By default, the driver
 * returns them as text, because a JavaScript number cannot represent every bigint. But dockpass uses bigint only for
 * times and counts, which are small enough.
 */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((id: number, format?: 'text' | 'binary') =>
    id === pg.types.builtins.INT8
      ? Number
      : pg.types.getTypeParser(id, format as 'text')) as typeof pg.types.getTypeParser,
};

export interface PostgresServers {
  /**
   * Connects to the server that accepts writes. If the URL names several servers, tries them one after the other.
   * @throws DockpassError `database` if no server can be used. The message describes the problem with the last server
   *   that was tried
   */
  connect(): Promise<pg.Client>;
  /** Returns the connection settings for the server to which `connect` last connected. */
  current(): pg.ClientConfig;
}

/**
 * Manages connections to the servers of a PostgreSQL URL.
 * @param name the `application_name` of these connections. pg_stat_activity shows it, and the triggers send it as the
 *   payload of each notification.
 */
export function postgresServers(
  { servers, user, password, database, ssl }: PostgresUrl,
  name: string,
): PostgresServers {
  let at = 0;
  const configOf = (server: PostgresServer | undefined): pg.ClientConfig => ({
    ...server,
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
    ...(database !== undefined && { database }),
    ssl,
    types,
    connectionTimeoutMillis: connectTimeout,
    application_name: name,
    // TCP keep-alive messages prevent firewalls from dropping idle connections.
    keepAlive: true,
  });
  return {
    current: () => configOf(servers[at]),
    connect: async () => {
      let fault: unknown;
      for (const _ of servers) {
        const server = servers[at] ?? servers[0];
        try {
          return await connectTo(configOf(server), servers.length > 1);
        } catch (error) {
          fault = explainPostgresError(error, { server, user, password, database });
          at = (at + 1) % servers.length;
        }
      }
      throw fault;
    },
  };
}

async function connectTo(config: pg.ClientConfig, mayBeStandby: boolean): Promise<pg.Client> {
  const client = new pg.Client(config);
  // If the connection breaks, the next query fails. Without this listener, an `error` event would end the process.
  client.on('error', () => {});
  try {
    await client.connect();
    if (mayBeStandby) {
      const { rows } = await client.query<{ transaction_read_only: string }>('show transaction_read_only');
      if (rows[0]?.transaction_read_only === 'on')
        throw Object.assign(new Error('the server accepts no writes'), { code: '25006' });
    }
    await setSearchPath(client);
    return client;
  } catch (error) {
    void client.end().catch(() => {});
    throw error;
  }
}
