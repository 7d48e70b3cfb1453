import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { PostgresCluster } from './postgres.ts';

/** Reads the SQL statements of dockpass from the log of a PostgreSQL cluster that logs every statement. */
export interface Statements {
  /**
   * Runs `work` and returns the statements that dockpass ran in the meantime, without those that no request waits for:
   * - the heartbeat of the connection that listens for changes
   * - audit rows and times of last use, which are written later in batches, with their transactions and, for audit
   *   rows, a query for user names
   * - notifications between servers
   * - the search path that each new connection sets
   */
  during(work: () => Promise<unknown>): Promise<string[]>;
}

/** Settings for `startPostgres` with which the server logs every statement. */
export const logsStatements = { log_statement: 'all', log_line_prefix: '[%a] ' };

export async function watchStatements(cluster: PostgresCluster, url: string): Promise<Statements> {
  const mark = async (): Promise<number> => {
    const text = randomUUID();
    const client = new pg.Client(url);
    await client.connect();
    await client.query(`select '${text}'`);
    await client.end();
    // PostgreSQL logs a statement before it runs the statement. So every statement that was answered before this marker
    // was sent is above the marker in the log.
    await cluster.process.line(new RegExp(text));
    return cluster.process.output().indexOf(text);
  };
  return {
    during: async (work) => {
      const from = await mark();
      await work();
      const to = await mark();
      const log = cluster.process.output().slice(from, to);
      const all = [...log.matchAll(/^\[dockpass[^\]]*\] LOG: {2}(?:execute [^:]*|statement): (.*)$/gm)];
      return all.map(([, text = '']) => text).filter((text) => !backgroundStatement.test(text));
    },
  };
}

/** Matches the statements that no request waits for. */
const backgroundStatement =
  /^select 1$|^notify |^(?:begin|commit|rollback|start transaction)\b|pg_advisory_xact_lock|pg_notify|audit_|set_config\('search_path'|with uses |^select "name" from "users" where "name" in /i;
