import { PostgresAdapter, sql, type Kysely, type RawBuilder } from 'kysely';
import type { TagClaim, TagClaims } from '../../store.ts';
import type { Tables } from '../tables.ts';
import type { Write } from '../write.ts';

export function sqlTagClaims(database: Kysely<Tables>, write: Write): TagClaims {
  const now = timeOf(database);
  return {
    take: ({ repository, tag, holder }, lease) =>
      write(async () => {
        const insert = database
          .insertInto('tag_claims')
          .values({ repository, tag, holder, expires_at: sql<number>`${now} + ${lease}` })
          .onConflict((conflict) =>
            conflict
              .columns(['repository', 'tag'])
              .doUpdateSet({ holder, expires_at: sql<number>`${now} + ${lease}` })
              .where((where) =>
                where.or([
                  where('tag_claims.expires_at', '<=', now),
                  // The clock has been set back. Otherwise the claim would be valid until it has caught up.
                  where('tag_claims.expires_at', '>', sql<number>`${now} + ${lease}`),
                  // After a connection broke, the statement may run a second time.
                  where('tag_claims.holder', '=', holder),
                ]),
              ),
          );
        return (await insert.executeTakeFirst()).numInsertedOrUpdatedRows === 1n;
      }),
    renew: (claim, lease) =>
      write(async () => {
        const update = database
          .updateTable('tag_claims')
          .set({ expires_at: sql<number>`${now} + ${lease}` })
          .where(({ and }) => and(columnsOf(claim)));
        return (await update.executeTakeFirst()).numUpdatedRows === 1n;
      }),
    release: (claim) =>
      write(async () => {
        await database
          .deleteFrom('tag_claims')
          .where(({ and }) => and(columnsOf(claim)))
          .execute();
      }),
  };
}

function columnsOf({ repository, tag, holder }: TagClaim) {
  return { repository, tag, holder };
}

/** Returns the SQL expression for the time of the database, in milliseconds since the epoch. */
function timeOf(database: Kysely<Tables>): RawBuilder<number> {
  return database.getExecutor().adapter instanceof PostgresAdapter
    ? sql<number>`cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`
    : sql<number>`cast(unixepoch('subsec') * 1000 as integer)`;
}
