import type { Kysely } from 'kysely';
import { lastUseOf, writeLastUses } from '../last-use.ts';
import type { Write } from '../write.ts';
import type { ConsoleSession, ConsoleSessions } from '../../store.ts';
import type { ConsoleSessionRow, Tables } from '../tables.ts';

/** No access decision is cached from a session of the console, so its writes do not increment the change counter. */
export function sqlConsoleSessions(database: Kysely<Tables>, quietly: Write): ConsoleSessions {
  return {
    find: async (hash) => {
      const row = await database
        .selectFrom('console_sessions')
        .selectAll()
        .where('hash', '=', hash)
        .executeTakeFirst();
      return row && fromRow(row);
    },
    list: async (user) => {
      const all = database
        .selectFrom('console_sessions')
        .selectAll()
        .orderBy('user_name')
        .orderBy('created_at')
        .orderBy('id');
      return (await (user === undefined ? all : all.where('user_name', '=', user)).execute()).map(fromRow);
    },
    add: (session) =>
      quietly(
        async () => void (await database.insertInto('console_sessions').values(toRow(session)).execute()),
      ),
    remove: (hash) =>
      quietly(async () => {
        const removal = database.deleteFrom('console_sessions').where('hash', '=', hash);
        return (await removal.executeTakeFirst()).numDeletedRows === 1n;
      }),
    removeAllOf: (user) =>
      quietly(async () => {
        const removal = database.deleteFrom('console_sessions').where('user_name', '=', user);
        return Number((await removal.executeTakeFirst()).numDeletedRows);
      }),
    removeExpired: ({ createdAt, lastUsedAt }) =>
      quietly(async () => {
        const removal = database
          .deleteFrom('console_sessions')
          .where((row) => row.or([row('created_at', '<', createdAt), row('last_used_at', '<', lastUsedAt)]));
        return Number((await removal.executeTakeFirst()).numDeletedRows);
      }),
    used: (uses) => quietly(() => writeLastUses(database, 'console_sessions', uses)),
  };
}

function toRow(session: ConsoleSession): ConsoleSessionRow {
  return {
    hash: session.hash,
    id: session.id,
    user_name: session.user,
    credential: session.credential,
    host: session.host,
    browser: session.browser,
    created_at: session.createdAt,
    last_used_at: session.lastUse.at,
    last_used_from: session.lastUse.from,
  };
}

function fromRow(row: ConsoleSessionRow): ConsoleSession {
  return {
    hash: row.hash,
    id: row.id,
    user: row.user_name,
    credential: row.credential,
    host: row.host,
    browser: row.browser,
    createdAt: Number(row.created_at),
    lastUse: lastUseOf(row) ?? { at: Number(row.created_at), from: '' },
  };
}
