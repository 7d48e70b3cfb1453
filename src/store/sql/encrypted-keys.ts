import type { Kysely } from 'kysely';
import { atomically, type Lock, type Write } from './write.ts';
import type { EncryptedKeys } from '../store.ts';
import type { Tables } from './tables.ts';

export function sqlEncryptedKeys(database: Kysely<Tables>, write: Write, lock?: Lock): EncryptedKeys {
  const readFrom = async (from: Kysely<Tables>): Promise<Map<string, string>> => {
    const rows = await from.selectFrom('sealed_keys').selectAll().orderBy('name').execute();
    return new Map(rows.map(({ name, sealed }) => [name, sealed]));
  };
  return {
    names: () =>
      write(async () => {
        const rows = await database.selectFrom('sealed_keys').select('name').orderBy('name').execute();
        return rows.map(({ name }) => name);
      }),
    read: () => write(() => readFrom(database)),
    update: (change) =>
      write(() =>
        atomically(database, async (transaction) => {
          await lock?.(transaction, 'encryptedKeys');
          const before = await readFrom(transaction);
          const after = change(before);
          if (after === undefined) return false;
          for (const name of before.keys())
            if (!after.has(name))
              await transaction.deleteFrom('sealed_keys').where('name', '=', name).execute();
          for (const [name, sealed] of after) {
            if (before.get(name) === sealed) continue;
            await transaction
              .insertInto('sealed_keys')
              .values({ name, sealed })
              .onConflict((conflict) => conflict.column('name').doUpdateSet({ sealed }))
              .execute();
          }
          return true;
        }),
      ),
  };
}
