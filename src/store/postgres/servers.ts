import pg from 'pg';
import { explainPostgresError } from './explain-error.ts';
import type { PostgresServer, PostgresUrl } from './url.ts';

/** Milliseconds. */
const connectTimeout = 5000;

/**
 * The driver returns bigint as text, because not every bigint fits into a number. Those of dockpass are times and
 * counts, which do.
 */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((id: number, format?: 'text' | 'binary') =>
    id === pg.types.builtins.INT8
      ? Number
      : pg.types.getTypeParser(id, format as 'text')) as typeof pg.types.getTypeParser,
};

export interface PostgresServers {
  /**
   * Connects to the server that accepts writes. If the URL names several servers, each is asked in turn.
   * @throws DockpassError `database` about the last server that was asked
   */
  connect(): Promise<pg.Client>;
  /** Returns how to reach the server that `connect` found last. */
  current(): pg.ClientConfig;
}

/** @param name the name of these connections, in pg_stat_activity and in notifications */
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
    // Keeps the connection alive in firewalls that forget idle connections.
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
  // The next query reports the broken connection. Without a listener, the event `error` would end the process.
  client.on('error', () => {});
  try {
    await client.connect();
    if (mayBeStandby) {
      const { rows } = await client.query<{ transaction_read_only: string }>('show transaction_read_only');
      if (rows[0]?.transaction_read_only === 'on')
        throw Object.assign(new Error('it accepts no writes'), { code: '25006' });
    }
    return client;
  } catch (error) {
    void client.end().catch(() => {});
    throw error;
  }
}
