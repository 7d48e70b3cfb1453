import type { Kysely } from 'kysely';
import type { Action } from '../../policy/rights.ts';
import type { Write } from './write.ts';
import type { Grants, StoredGrant } from '../store.ts';
import type { GrantRow, Tables } from './tables.ts';

export function sqlGrants(database: Kysely<Tables>, write: Write): Grants {
  return {
    list: async () =>
      (await database.selectFrom('grants').selectAll().orderBy('subject').orderBy('pattern').execute()).map(
        fromRow,
      ),
    of: async (subjects) => {
      if (subjects.length === 0) return [];
      const rows = database.selectFrom('grants').selectAll().where('subject', 'in', subjects);
      return (await rows.orderBy('subject').orderBy('pattern').execute()).map(fromRow);
    },
    put: ({ subject, pattern, actions, createdAt }) =>
      write(async () => {
        const row: GrantRow = { subject, pattern, actions: actions.join(','), created_at: createdAt };
        await database
          .insertInto('grants')
          .values(row)
          .onConflict((conflict) =>
            conflict
              .columns(['subject', 'pattern'])
              .doUpdateSet({ actions: row.actions, created_at: createdAt }),
          )
          .execute();
      }),
    remove: (subject, pattern) =>
      write(async () => {
        const removal = database
          .deleteFrom('grants')
          .where('subject', '=', subject)
          .where('pattern', '=', pattern);
        return (await removal.executeTakeFirst()).numDeletedRows === 1n;
      }),
  };
}

function fromRow({ subject, pattern, actions, created_at }: GrantRow): StoredGrant {
  return { subject, pattern, actions: actions.split(',') as Action[], createdAt: Number(created_at) };
}
