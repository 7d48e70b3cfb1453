import type { Kysely } from 'kysely';
import type { InstallationFacts } from '../store.ts';
import type { Tables } from './tables.ts';
import type { Write } from './write.ts';

export function sqlInstallationFacts(database: Kysely<Tables>, write: Write): InstallationFacts {
  return {
    read: () =>
      write(async () => {
        const rows = await database.selectFrom('installation_facts').selectAll().execute();
        return new Map(rows.map(({ name, value }) => [name, value]));
      }),
    set: (name, value) =>
      write(async () => {
        await database
          .insertInto('installation_facts')
          .values({ name, value })
          .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
          .execute();
      }),
    remove: (name) =>
      write(async () => {
        await database.deleteFrom('installation_facts').where('name', '=', name).execute();
      }),
  };
}
