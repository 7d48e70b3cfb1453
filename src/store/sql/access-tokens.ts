import { sql, type Kysely, type SqlBool } from 'kysely';
import { accountIn, accountRows } from './account-rows.ts';
import { contains } from './columns/contains.ts';
import { labelOf, labelToColumns } from './columns/label.ts';
import { lastUseOf, writeLastUses } from './last-use.ts';
import type { Write } from './write.ts';
import type { AccessToken, AccessTokens, OnlyRight } from '../store.ts';
import type { AccessTokenRow, Tables } from './tables.ts';

/**
 * The columns of an access token, for a query that also selects the user. Columns with a name that the users table also
 * contains are renamed.
 */
const tokenColumns = [
  'token.hash',
  'token.name as token_name',
  'token.only_rights',
  'token.created_at as token_created_at',
  'token.expires_at',
  'token.last_used_at',
  'token.last_used_from',
  'token.description',
  'token.owner',
  'token.api',
] as const;

export function sqlAccessTokens(database: Kysely<Tables>, write: Write, quietly: Write): AccessTokens {
  return {
    findWithOwner: async (hash) => {
      const user = database.selectFrom('access_tokens').select('user_name').where('hash', '=', hash);
      const rows = await accountRows(database, user)
        .innerJoin('access_tokens as token', (join) => join.on('token.hash', '=', hash))
        .select(tokenColumns)
        .execute();
      const [first] = rows;
      const owner = accountIn(rows);
      if (first === undefined || owner === undefined) return undefined;
      const { token_name: name, token_created_at: created_at } = first;
      return { token: fromRow({ ...first, name, created_at, user_name: owner.user.name }), owner };
    },
    list: async (user) => {
      const all = database.selectFrom('access_tokens').selectAll().orderBy('user_name').orderBy('name');
      return (await (user === undefined ? all : all.where('user_name', '=', user)).execute()).map(fromRow);
    },
    find: async (user, name) => {
      if (user.includes('\0') || name.includes('\0')) return undefined;
      const row = await database
        .selectFrom('access_tokens')
        .selectAll()
        .where('user_name', '=', user)
        .where('name', '=', name)
        .executeTakeFirst();
      return row && fromRow(row);
    },
    page: async ({ limit, after, contains: text }, user) => {
      const rows = await database
        .selectFrom('access_tokens')
        .selectAll()
        .$if(user !== undefined, (query) => query.where('user_name', '=', user ?? ''))
        .$if(after !== undefined, (query) =>
          query.where(sql<SqlBool>`(user_name, name) > (${after?.user}, ${after?.name})`),
        )
        .$if(text !== undefined, (query) => query.where(contains('name', text ?? '')))
        .orderBy('user_name')
        .orderBy('name')
        .limit(limit)
        .execute();
      return rows.map(fromRow);
    },
    add: (token) =>
      write(async () => {
        const insert = database
          .insertInto('access_tokens')
          .values(toRow(token))
          .onConflict((conflict) => conflict.doNothing());
        return (await insert.executeTakeFirst()).numInsertedOrUpdatedRows === 1n;
      }),
    remove: (user, name) =>
      write(async () => {
        const removal = database
          .deleteFrom('access_tokens')
          .where('user_name', '=', user)
          .where('name', '=', name);
        return (await removal.executeTakeFirst()).numDeletedRows === 1n;
      }),
    used: (uses) => quietly(() => writeLastUses(database, 'access_tokens', uses)),
  };
}

function toRow(token: AccessToken): AccessTokenRow {
  return {
    hash: token.hash,
    name: token.name,
    user_name: token.user,
    only_rights: token.only && JSON.stringify(token.only),
    created_at: token.createdAt,
    expires_at: token.expiresAt,
    last_used_at: token.lastUse?.at ?? null,
    last_used_from: token.lastUse?.from ?? null,
    api: Number(token.api === true),
    ...labelToColumns(token),
  };
}

function fromRow(row: AccessTokenRow): AccessToken {
  return {
    hash: row.hash,
    name: row.name,
    user: row.user_name,
    only: row.only_rights === null ? null : (JSON.parse(row.only_rights) as OnlyRight[]),
    createdAt: Number(row.created_at),
    expiresAt: row.expires_at === null ? null : Number(row.expires_at),
    lastUse: lastUseOf(row),
    ...(row.api !== 0 && { api: true }),
    ...labelOf(row),
  };
}
