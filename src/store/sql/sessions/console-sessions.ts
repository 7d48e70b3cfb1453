import type { Kysely } from 'kysely';
import { writeLastUses } from '../last-use.ts';
import type { Write } from '../write.ts';
import { fromSessionRow, toSessionRow } from './session-columns.ts';
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
  const { credential, browser } = session;
  return { ...toSessionRow(session), credential, browser };
}

function fromRow(row: ConsoleSessionRow): ConsoleSession {
  const { credential, browser } = row;
  return { ...fromSessionRow(row), credential, browser };
}
