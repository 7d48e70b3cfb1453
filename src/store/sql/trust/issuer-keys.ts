import type { Kysely } from 'kysely';
import type { IssuerKeys } from '../../store.ts';
import type { Tables } from '../tables.ts';
import type { Write } from '../write.ts';

export function sqlIssuerKeys(database: Kysely<Tables>, write: Write): IssuerKeys {
  return {
    find: async (source) => {
      const row = await database
        .selectFrom('issuer_keys')
        .selectAll()
        .where('source', '=', source)
        .executeTakeFirst();
      return row && { source, keySet: row.key_set, readAt: Number(row.read_at) };
    },
    save: ({ source, keySet, readAt }) =>
      write(async () => {
        await database
          .insertInto('issuer_keys')
          .values({ source, key_set: keySet, read_at: readAt })
          .onConflict((conflict) =>
            conflict.column('source').doUpdateSet({ key_set: keySet, read_at: readAt }),
          )
          .execute();
      }),
    removeBefore: (readAt) =>
      write(async () => {
        await database.deleteFrom('issuer_keys').where('read_at', '<', readAt).execute();
      }),
  };
}
