import type { Kysely } from 'kysely';
import { switchToGrants } from './grants.ts';
import { atomically, type Write } from './write.ts';
import type { Groups } from '../store.ts';
import type { Tables } from './tables.ts';

export function sqlGroups(database: Kysely<Tables>, write: Write): Groups {
  return {
    list: async () => {
      const groups = await database.selectFrom('user_groups').selectAll().orderBy('name').execute();
      const members = await database.selectFrom('group_members').selectAll().orderBy('user_name').execute();
      return groups.map(({ name, created_at }) => ({
        name,
        members: members.filter(({ group_name }) => group_name === name).map(({ user_name }) => user_name),
        createdAt: Number(created_at),
      }));
    },
    of: async (user) => {
      const rows = await database
        .selectFrom('group_members')
        .select('group_name')
        .where('user_name', '=', user)
        .orderBy('group_name')
        .execute();
      return rows.map(({ group_name }) => group_name);
    },
    add: (name, createdAt) =>
      write(async () => {
        const insert = database
          .insertInto('user_groups')
          .values({ name, created_at: createdAt })
          .onConflict((conflict) => conflict.doNothing());
        return (await insert.executeTakeFirst()).numInsertedOrUpdatedRows === 1n;
      }),
    remove: (name) =>
      write(() =>
        atomically(database, async (transaction) => {
          await switchToGrants(transaction, `group:${name}`);
          await transaction.deleteFrom('grants').where('subject', '=', `group:${name}`).execute();
          return (
            (await transaction.deleteFrom('user_groups').where('name', '=', name).executeTakeFirst())
              .numDeletedRows === 1n
          );
        }),
      ),
    join: (group, user) =>
      write(() =>
        atomically(database, async (transaction) => {
          const insert = transaction
            .insertInto('group_members')
            .values({ group_name: group, user_name: user })
            .onConflict((conflict) => conflict.doNothing());
          const isNew = (await insert.executeTakeFirst()).numInsertedOrUpdatedRows === 1n;
          await switchToGrants(transaction, `group:${group}`, user);
          return isNew;
        }),
      ),
    leave: (group, user) =>
      write(() =>
        atomically(database, async (transaction) => {
          await switchToGrants(transaction, `group:${group}`, user);
          const removal = transaction
            .deleteFrom('group_members')
            .where('group_name', '=', group)
            .where('user_name', '=', user);
          return (await removal.executeTakeFirst()).numDeletedRows === 1n;
        }),
      ),
  };
}
