import type { Kysely } from 'kysely';
import { switchToGrants } from './grants.ts';
import { atomically, type Write } from './write.ts';
import type { Group, Groups } from '../store.ts';
import { namePage } from './columns/name-page.ts';
import type { GroupMemberRow, GroupRow, Tables } from './tables.ts';

export function sqlGroups(database: Kysely<Tables>, write: Write): Groups {
  return {
    find: async (name) => {
      if (name.includes('\0')) return undefined;
      const rows = await database.selectFrom('user_groups').selectAll().where('name', '=', name).execute();
      return (await withMembers(database, rows))[0];
    },
    list: async () => {
      const groups = await database.selectFrom('user_groups').selectAll().orderBy('name').execute();
      const members = await database.selectFrom('group_members').selectAll().orderBy('user_name').execute();
      return join(groups, members);
    },
    page: async (filter) => {
      const rows = database.selectFrom('user_groups').selectAll().$call(namePage(filter));
      return withMembers(database, await rows.execute());
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

async function withMembers(database: Kysely<Tables>, groups: readonly GroupRow[]): Promise<Group[]> {
  if (groups.length === 0) return [];
  const names = groups.map(({ name }) => name);
  const members = database.selectFrom('group_members').selectAll().where('group_name', 'in', names);
  return join(groups, await members.orderBy('user_name').execute());
}

/** @param members the members of all groups, sorted by the names of the users */
function join(groups: readonly GroupRow[], members: readonly GroupMemberRow[]): Group[] {
  const byGroup = Map.groupBy(members, ({ group_name }) => group_name);
  return groups.map(({ name, created_at }) => ({
    name,
    members: (byGroup.get(name) ?? []).map(({ user_name }) => user_name),
    createdAt: Number(created_at),
  }));
}
