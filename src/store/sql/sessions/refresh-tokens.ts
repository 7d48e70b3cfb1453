import type { Kysely } from 'kysely';
import { accountIn, accountRows } from '../account-rows.ts';
import { writeLastUses } from '../last-use.ts';
import type { Write } from '../write.ts';
import { fromSessionRow, toSessionRow } from './session-columns.ts';
import type { RefreshToken, RefreshTokens } from '../../store.ts';
import type { RefreshTokenRow, Tables } from '../tables.ts';

/**
 * The columns of a refresh token, for a query that also selects the user. `created_at` is renamed, because the users
 * table has a column with the same name.
 */
const tokenColumns = [
  'token.hash',
  'token.id',
  'token.service',
  'token.host',
  'token.client',
  'token.created_at as token_created_at',
  'token.expires_at',
  'token.last_used_at',
  'token.last_used_from',
] as const;

export function sqlRefreshTokens(database: Kysely<Tables>, write: Write, quietly: Write): RefreshTokens {
  return {
    findByHash: async (hash) => {
      const row = await database
        .selectFrom('refresh_tokens')
        .selectAll()
        .where('hash', '=', hash)
        .executeTakeFirst();
      return row && fromRow(row);
    },
    findWithHolder: async (hash) => {
      const user = database.selectFrom('refresh_tokens').select('user_name').where('hash', '=', hash);
      const rows = await accountRows(database, user)
        .innerJoin('refresh_tokens as token', (join) => join.on('token.hash', '=', hash))
        .select(tokenColumns)
        .execute();
      const [first] = rows;
      const holder = accountIn(rows);
      if (first === undefined || holder === undefined) return undefined;
      const token = fromRow({
        ...first,
        created_at: first.token_created_at,
        user_name: holder.user.name,
      });
      return { token, holder };
    },
    list: async (user) => {
      const all = database
        .selectFrom('refresh_tokens')
        .selectAll()
        .orderBy('user_name')
        .orderBy('created_at');
      return (await (user === undefined ? all : all.where('user_name', '=', user)).execute()).map(fromRow);
    },
    countOf: async (user) => {
      const { count } = await database
        .selectFrom('refresh_tokens')
        .select(({ fn }) => fn.countAll<number | string>().as('count'))
        .where('user_name', '=', user)
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    leastRecentlyUsedOf: async (user, count) => {
      const rows = database
        .selectFrom('refresh_tokens')
        .selectAll()
        .where('user_name', '=', user)
        .orderBy('last_used_at')
        .orderBy('created_at')
        .limit(count);
      return (await rows.execute()).map(fromRow);
    },
    // A new refresh token does not affect any access decision, so the change counter is not incremented.
    add: (token) =>
      quietly(async () => void (await database.insertInto('refresh_tokens').values(toRow(token)).execute())),
    remove: (hash) =>
      write(
        async () =>
          (await database.deleteFrom('refresh_tokens').where('hash', '=', hash).executeTakeFirst())
            .numDeletedRows === 1n,
      ),
    removeAllOf: (user) =>
      write(async () =>
        Number(
          (await database.deleteFrom('refresh_tokens').where('user_name', '=', user).executeTakeFirst())
            .numDeletedRows,
        ),
      ),
    removeExpired: ({ expiredAt, lastUsedAt }) =>
      quietly(async () => {
        const removal = database
          .deleteFrom('refresh_tokens')
          .where((row) => row.or([row('expires_at', '<', expiredAt), row('last_used_at', '<', lastUsedAt)]));
        return Number((await removal.executeTakeFirst()).numDeletedRows);
      }),
    used: (uses) => quietly(() => writeLastUses(database, 'refresh_tokens', uses)),
  };
}

function toRow(token: RefreshToken): RefreshTokenRow {
  const { service, client, expiresAt } = token;
  return { ...toSessionRow(token), service, client, expires_at: expiresAt };
}

function fromRow(row: RefreshTokenRow): RefreshToken {
  const { service, client } = row;
  return { ...fromSessionRow(row), service, client, expiresAt: Number(row.expires_at) };
}
