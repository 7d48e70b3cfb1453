import type { Kysely } from 'kysely';
import type { IdempotencyKeys } from '../store.ts';
import type { Tables } from './tables.ts';
import type { Write } from './write.ts';

export function sqlIdempotencyKeys(database: Kysely<Tables>, write: Write): IdempotencyKeys {
  return {
    find: async (caller, key) => {
      const row = await database
        .selectFrom('idempotency_keys')
        .selectAll()
        .where('caller', '=', caller)
        .where('key', '=', key)
        .executeTakeFirst();
      if (row === undefined) return undefined;
      const { request, answer, created_at } = row;
      return { caller, key, request, answer, createdAt: Number(created_at) };
    },
    add: ({ caller, key, request, createdAt }) =>
      write(async () => {
        const insert = database
          .insertInto('idempotency_keys')
          .values({ caller, key, request, answer: null, created_at: createdAt })
          .onConflict((conflict) => conflict.doNothing());
        return (await insert.executeTakeFirst()).numInsertedOrUpdatedRows === 1n;
      }),
    setAnswer: (caller, key, answer) =>
      write(async () => {
        await database
          .updateTable('idempotency_keys')
          .set({ answer })
          .where('caller', '=', caller)
          .where('key', '=', key)
          .execute();
      }),
    removeBefore: (createdAt) =>
      write(async () => {
        await database.deleteFrom('idempotency_keys').where('created_at', '<', createdAt).execute();
      }),
  };
}
