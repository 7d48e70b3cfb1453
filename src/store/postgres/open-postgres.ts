import { randomUUID } from 'node:crypto';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { broadcastChannel, type Broadcast } from '../broadcast.ts';
import { explainPostgresError, isDeadlock } from './explain-error.ts';
import { listenForChanges } from './changes.ts';
import { postgresPool } from './pool.ts';
import { migratePostgres } from './schema.ts';
import { postgresServers } from './servers.ts';
import { parsePostgresUrl } from './url.ts';
import { changeWithin, createRepositories } from '../sql/repositories.ts';
import type { Lock, Write } from '../sql/write.ts';
import type { DatabaseRights, Store } from '../store.ts';
import type { Tables } from '../sql/tables.ts';

export interface PostgresSettings {
  /**
   * The number of seconds for which logins may use cached data while the database cannot be reached. If this is 0,
   * every login reads the database.
   */
  readonly staleness: number;
  /** If true, the store is not opened if another role could run code with the rights of dockpass. */
  readonly requireOwnership: boolean;
}

/** The numbers of the advisory locks. Each number must differ from the others and from `migrationLock` in schema.ts. */
const locks = {
  auditChain: 7_212_002,
  encryptedKeys: 7_212_003,
  administration: 7_212_004,
  usage: 7_212_005,
} as const;

/**
 * Opens the PostgreSQL database at `url` and brings its schema up to date. The counterpart for SQLite is in
 * open-sqlite.ts.
 * @throws DockpassError `database` with a message that describes the problem in one line. In this case, dockpass has
 *   created nothing in the database
 */
export async function openPostgres(url: string, settings: PostgresSettings): Promise<Store> {
  const target = parsePostgresUrl(url);
  const { user, password, database } = target;
  const explain = (error: unknown): unknown =>
    explainPostgresError(error, { server: target.servers[0], user, password, database });
  const ownName = `dockpass ${randomUUID()}`;
  const servers = postgresServers(target, ownName);
  const migrating = await servers.connect();
  let rights: DatabaseRights;
  try {
    rights = await migratePostgres(migrating, settings.requireOwnership);
  } catch (error) {
    throw explain(error);
  } finally {
    await migrating.end().catch(() => {});
  }
  const pool = postgresPool(servers);
  const listeners = new Set<(text: string) => void>();
  const changeFeed = await listenForChanges({
    connect: () => servers.connect(),
    ownName,
    staleness: settings.staleness,
    onMessage: (text) => {
      for (const listener of listeners) listener(text);
    },
    onBroken: pool.renew,
  });
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: { ...pool, options: {} } }) });
  const quietly: Write = async (statement) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await statement();
      } catch (error) {
        // After a deadlock, PostgreSQL has rolled back the transaction, so the statement can run again.
        if (!isDeadlock(error) || attempt === 5) throw explain(error);
      }
    }
  };
  const counted: Write = async (statement) => {
    try {
      return await quietly(statement);
    } finally {
      // Increment the change counter even if the statement fails. If the connection breaks during the commit, this
      // process cannot know whether the database has committed the change.
      changeFeed.count();
    }
  };
  const lock: Lock = async (transaction, what) => {
    await sql`select pg_catalog.pg_advisory_xact_lock(cast(${locks[what]} as bigint))`.execute(transaction);
  };
  const broadcast: Broadcast = {
    publish: (text) =>
      quietly(async () => {
        await sql`select pg_catalog.pg_notify(${broadcastChannel}, ${text})`.execute(kysely);
      }),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return {
    ...createRepositories(kysely, { counted, quietly, lock }),
    change: (what, work) =>
      counted(() =>
        kysely.transaction().execute((transaction) => changeWithin(transaction, what, work, lock)),
      ),
    changes: changeFeed.changes,
    missedChangesReason: changeFeed.missedChangesReason,
    broadcast,
    announce: async (describe) => {
      const { announceInRow } = await import('./server-rows.ts');
      const query = (text: string, values: readonly string[]): Promise<void> =>
        quietly(async () => {
          const client = await pool.connect();
          try {
            await client.query(text, [...values]);
          } finally {
            client.release();
          }
        });
      return announceInRow(query, ownName, describe);
    },
    rights,
    close: async () => {
      await changeFeed.close();
      await kysely.destroy();
    },
  };
}
