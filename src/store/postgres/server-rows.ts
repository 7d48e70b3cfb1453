import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { Announcement, FoundServers } from '../ports/running-servers.ts';
import { postgresServers } from './servers.ts';
import { parsePostgresUrl } from './url.ts';

/**
 * The beginning of the name of a row in the table `installation_facts` that describes a running server. After it comes
 * the name of the server's connections to PostgreSQL.
 */
const prefix = 'server: ';
/**
 * True for an installation fact whose server runs: it has a connection, and it has sent a test message on this connection
 * in the last minute (changes.ts sends one at least every two seconds). So the row of a server that was killed, or whose
 * machine has no power, does not count.
 */
const isRunning = `exists (
  select from pg_catalog.pg_stat_activity
  where usename = current_user
    and application_name = pg_catalog.substr(installation_facts.name, ${prefix.length + 1})
    and state_change > pg_catalog.now() - interval '1 minute')`;
const isServer = `pg_catalog.starts_with(name, '${prefix}')`;

type Query = (sql: string, values: readonly string[]) => Promise<unknown>;

/**
 * Writes the description of a server to the database, and removes the rows of servers that no longer run.
 * @param name the `application_name` of the server's connections
 */
export async function announceInRow(
  query: Query,
  name: string,
  describe: () => string,
): Promise<Announcement> {
  const write = async (): Promise<void> => {
    await query(
      'insert into installation_facts (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value',
      [prefix + name, describe()],
    );
  };
  await query(`delete from installation_facts where ${isServer} and not ${isRunning}`, []);
  await write();
  return {
    changed: write,
    end: async () => {
      await query('delete from installation_facts where name = $1', [prefix + name]);
    },
  };
}

/** Reads the descriptions of all servers that run on the database. @throws DockpassError `database` */
export async function findInRows(url: string): Promise<FoundServers> {
  const client: pg.Client = await postgresServers(
    parsePostgresUrl(url),
    `dockpass ${randomUUID()}`,
  ).connect();
  try {
    const { rows } = await client.query<{ value: string }>(
      `select value from installation_facts where ${isServer} and ${isRunning} order by value`,
    );
    return { descriptions: rows.map(({ value }) => value), fault: undefined };
  } catch (error) {
    // An older version of dockpass, or another program, created the database.
    if ((error as { code?: unknown }).code === '42P01') return { descriptions: [], fault: undefined };
    throw error;
  } finally {
    await client.end().catch(() => {});
  }
}
