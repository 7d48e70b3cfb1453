import { sql, type Kysely, type SelectQueryBuilder, type SqlBool } from 'kysely';
import type { ActiveSince, ListedSession, PageFilter, SessionKey, Sessions } from '../../store.ts';
import { contains } from '../columns/contains.ts';
import type { SessionRow, Tables } from '../tables.ts';
import { fromSessionRow } from './session-columns.ts';

export function sqlSessions(database: Kysely<Tables>): Sessions {
  return {
    page: async (filter, activeSince, user) => {
      const { tokens, consoles, federated } = selectSessions(database, activeSince);
      const { limit } = filter;
      // Each table gives at most one page. So the database does not sort all sessions.
      const rows = await database
        .selectFrom(
          database
            .selectFrom(limited(tokens, filter, user).as('of_clients'))
            .selectAll()
            .unionAll(database.selectFrom(limited(consoles, filter, user).as('of_consoles')).selectAll())
            .unionAll(database.selectFrom(limited(federated, filter, user).as('of_jobs')).selectAll())
            .as('sessions'),
        )
        .selectAll()
        .orderBy('user_name')
        .orderBy('created_at')
        .orderBy('id')
        .limit(limit)
        .execute();
      return rows.map(fromRow);
    },
    find: async (id) => {
      if (id.includes('\0')) return undefined;
      const { tokens, consoles, federated } = selectSessions(database);
      const row =
        (await tokens.where('id', '=', id).executeTakeFirst()) ??
        (await consoles.where('id', '=', id).executeTakeFirst()) ??
        (await federated.where('id', '=', id).executeTakeFirst());
      return row && fromRow(row);
    },
  };
}

const columns = ['hash', 'id', 'user_name', 'host', 'created_at', 'last_used_at', 'last_used_from'] as const;

/** Creates the queries for the sessions of clients, consoles and federated identities. All have the same columns. */
function selectSessions(
  database: Kysely<Tables>,
  since?: ActiveSince,
): Readonly<Record<'tokens' | 'consoles' | 'federated', SessionQuery>> {
  const tokens = database
    .selectFrom('refresh_tokens')
    .select(columns)
    .select([sql<string>`'refresh token'`.as('kind'), 'client as shown_client'])
    .select(sql<number | null>`expires_at`.as('expires_at'))
    .$if(since !== undefined, (query) =>
      query
        .where('expires_at', '>', since?.refreshToken.expiresAt ?? 0)
        .where('created_at', '>', since?.refreshToken.createdAt ?? 0)
        .where('last_used_at', '>', since?.refreshToken.lastUsedAt ?? 0),
    );
  const consoles = database
    .selectFrom('console_sessions')
    .select(columns)
    .select([sql<string>`'console'`.as('kind'), 'browser as shown_client'])
    .select(sql<number | null>`cast(null as bigint)`.as('expires_at'))
    .$if(since !== undefined, (query) =>
      query
        .where('created_at', '>', since?.console.createdAt ?? 0)
        .where('last_used_at', '>', since?.console.lastUsedAt ?? 0),
    );
  const federated = database
    .selectFrom('federated_sessions')
    .select(columns)
    .select([sql<string>`'federated'`.as('kind'), 'client as shown_client'])
    .select(sql<number | null>`expires_at`.as('expires_at'))
    .$if(since !== undefined, (query) => query.where('expires_at', '>', since?.federated.expiresAt ?? 0));
  return {
    tokens,
    consoles: consoles as unknown as SessionQuery,
    federated: federated as unknown as SessionQuery,
  };
}

/** The table in the type is that of one of the queries. The columns of the others have the same names and types. */
type SessionQuery = SelectQueryBuilder<Tables, 'refresh_tokens', ListedRow>;

function limited(
  query: SessionQuery,
  { limit, after, contains: text }: PageFilter<SessionKey>,
  user: string | undefined,
): SessionQuery {
  return query
    .$if(user !== undefined, (selected) => selected.where('user_name', '=', user ?? ''))
    .$if(after !== undefined, (selected) =>
      selected.where(
        sql<SqlBool>`(user_name, created_at, id) > (${after?.user}, cast(${after?.createdAt} as bigint), ${after?.id})`,
      ),
    )
    .$if(text !== undefined, (selected) => selected.where(contains('id', text ?? '')))
    .orderBy('user_name')
    .orderBy('created_at')
    .orderBy('id')
    .limit(limit);
}

interface ListedRow extends SessionRow {
  readonly kind: string;
  readonly shown_client: string;
  readonly expires_at: number | null;
}

function fromRow(row: ListedRow): ListedSession {
  return {
    ...fromSessionRow(row),
    kind: row.kind as ListedSession['kind'],
    client: row.shown_client,
    expiresAt: row.expires_at === null ? null : Number(row.expires_at),
  };
}
