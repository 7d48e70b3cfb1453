import type { Kysely } from 'kysely';
import { writeLastUses } from '../last-use.ts';
import type { Write } from '../write.ts';
import { fromSessionRow, toSessionRow } from './session-columns.ts';
import type { FederatedSession, FederatedSessions } from '../../store.ts';
import type { FederatedSessionRow, Tables } from '../tables.ts';

export function sqlFederatedSessions(
  database: Kysely<Tables>,
  write: Write,
  quietly: Write,
): FederatedSessions {
  const removeWhere = async (rule?: string): Promise<number> => {
    const removal = database
      .deleteFrom('federated_sessions')
      .$if(rule !== undefined, (query) => query.where('user_name', '=', userNameOf(rule ?? '')));
    return Number((await removal.executeTakeFirst()).numDeletedRows);
  };
  return {
    find: async (hash) => {
      const row = await database
        .selectFrom('federated_sessions')
        .selectAll()
        .where('hash', '=', hash)
        .executeTakeFirst();
      return row && fromRow(row);
    },
    // A new session affects no access decision that is cached, so the change counter is not incremented.
    add: (session) =>
      quietly(
        async () => void (await database.insertInto('federated_sessions').values(toRow(session)).execute()),
      ),
    remove: (hash) =>
      write(async () => {
        const removal = database.deleteFrom('federated_sessions').where('hash', '=', hash);
        return (await removal.executeTakeFirst()).numDeletedRows === 1n;
      }),
    removeAllOf: (rule) => write(() => removeWhere(rule)),
    removeAll: () => write(() => removeWhere()),
    countOf: async (rule) => {
      const { count } = await database
        .selectFrom('federated_sessions')
        .select(({ fn }) => fn.countAll<number | string>().as('count'))
        .where('user_name', '=', userNameOf(rule))
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    removeOldestOf: (rule, count) =>
      write(async () => {
        const oldest = database
          .selectFrom('federated_sessions')
          .select('hash')
          .where('user_name', '=', userNameOf(rule))
          .orderBy('created_at')
          .orderBy('hash')
          .limit(count);
        await database.deleteFrom('federated_sessions').where('hash', 'in', oldest).execute();
      }),
    removeExpired: (expiredAt) =>
      quietly(async () => {
        const removal = database.deleteFrom('federated_sessions').where('expires_at', '<', expiredAt);
        return Number((await removal.executeTakeFirst()).numDeletedRows);
      }),
    used: (uses) => quietly(() => writeLastUses(database, 'federated_sessions', uses)),
  };
}

/** The column contains the name as lists show it, so that lists read it like the sessions of users. */
function userNameOf(rule: string): string {
  return `ci:${rule}`;
}

function toRow(session: FederatedSession): FederatedSessionRow {
  const { rule, claims, sources, service, client, expiresAt } = session;
  return {
    ...toSessionRow({ ...session, user: userNameOf(rule) }),
    claims: JSON.stringify(claims),
    sources: JSON.stringify(sources),
    ...{ service, client, expires_at: expiresAt },
  };
}

function fromRow(row: FederatedSessionRow): FederatedSession {
  const { user, ...session } = fromSessionRow(row);
  return {
    ...session,
    rule: user.slice('ci:'.length),
    claims: JSON.parse(row.claims) as Record<string, unknown>,
    sources: JSON.parse(row.sources) as string[],
    service: row.service,
    client: row.client,
    expiresAt: Number(row.expires_at),
  };
}
