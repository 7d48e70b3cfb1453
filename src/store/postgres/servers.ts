import pg from 'pg';
import { explainPostgresError } from './explain-error.ts';
import type { PostgresServer, PostgresUrl } from './url.ts';

/** Milliseconds. */
const connectTimeout = 5000;

/** PostgreSQL's bigint comes as text, because not every one fits a number; ours are times and counts, which do. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((id: number, format?: 'text' | 'binary') =>
    id === pg.types.builtins.INT8
      ? Number
      : pg.types.getTypeParser(id, format as 'text')) as typeof pg.types.getTypeParser,
};

export interface PostgresServers {
  /**
   * A connection to the server that takes writes; with several in the URL each is asked in turn.
   * @throws DockpassError `database`, about the last that was asked
   */
  connect(): Promise<pg.Client>;
  /** How to reach the server that `connect` found last. */
  current(): pg.ClientConfig;
}

/** @param name what our connections are called, in pg_stat_activity and when a change is told */
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
    // Behind a firewall that forgets idle connections.
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
  // Whoever uses it hears of a break from the query that fails; without a listener node would end the process.
  client.on('error', () => {});
  try {
    await client.connect();
    if (mayBeStandby) {
      const { rows } = await client.query<{ transaction_read_only: string }>('show transaction_read_only');
      if (rows[0]?.transaction_read_only === 'on')
        throw Object.assign(new Error('it takes no writes'), { code: '25006' });
    }
    return client;
  } catch (error) {
    void client.end().catch(() => {});
    throw error;
  }
}
