import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { PostgresCluster } from './postgres.ts';

/** What a cluster that logs every statement has been asked by dockpass. */
export interface Statements {
  /**
   * The statements while `work` was done, but for what no request waits for: the listening connection's heartbeat, and
   * what is written later, in groups (audit rows, for which names are looked up, and times of last use, each with its
   * transaction), and what servers tell each other.
   */
  during(work: () => Promise<unknown>): Promise<string[]>;
}

/** Settings for startPostgres. */
export const logsStatements = { log_statement: 'all', log_line_prefix: '[%a] ' };

export async function watchStatements(cluster: PostgresCluster, url: string): Promise<Statements> {
  const mark = async (): Promise<number> => {
    const text = randomUUID();
    const client = new pg.Client(url);
    await client.connect();
    await client.query(`select '${text}'`);
    await client.end();
    // A statement is logged before it is run: what was answered before the mark stands before it.
    await cluster.process.line(new RegExp(text));
    return cluster.process.output().indexOf(text);
  };
  return {
    during: async (work) => {
      const from = await mark();
      await work();
      const to = await mark();
      const said = cluster.process.output().slice(from, to);
      const all = [...said.matchAll(/^\[dockpass[^\]]*\] LOG: {2}(?:execute [^:]*|statement): (.*)$/gm)];
      return all.map(([, text = '']) => text).filter((text) => !isLater.test(text));
    },
  };
}

const isLater =
  /^select 1$|^notify |^(?:begin|commit|rollback|start transaction)\b|pg_advisory_xact_lock|pg_notify|audit_|with uses |^select "name" from "users" where "name" in /i;
