import { sql, type Kysely } from 'kysely';
import { setImmediate as nextTick } from 'node:timers/promises';
import { accountIn, accountRows, userIn } from './account-rows.ts';
import { namePage } from './columns/name-page.ts';
import { atomically, type Write } from './write.ts';
import type { HtpasswdUsers, User, Users } from '../store.ts';
import type { Tables, UserRow } from './tables.ts';

/** The number of names in one query. */
const namesPerQuery = 100;

export function sqlUsers(database: Kysely<Tables>, write: Write): Users {
  return {
    find: async (name) => {
      // PostgreSQL cannot store NUL characters in text, so no stored name contains NUL.
      if (name.includes('\0')) return undefined;
      const row = await database.selectFrom('users').selectAll().where('name', '=', name).executeTakeFirst();
      return row && userIn(row);
    },
    account: async (name) => {
      if (name.includes('\0')) return undefined;
      return accountIn(await accountRows(database, name).execute());
    },
    namesTaken: async (names) => {
      const taken = new Set<string>();
      const possible = names.filter((name) => !name.includes('\0'));
      for (let at = 0; at < possible.length; at += namesPerQuery) {
        const batch = possible.slice(at, at + namesPerQuery);
        // Every query has the same number of parameters and so the same text. So a prepared statement can be reused.
        const padded = [...batch, ...Array<string>(namesPerQuery - batch.length).fill('')];
        const users = database.selectFrom('users').select('name').where('name', 'in', padded);
        const robots = database.selectFrom('robots').select('name').where('name', 'in', padded);
        for (const { name } of await users.unionAll(robots).execute()) taken.add(name);
        // SQLite blocks the event loop during a query. Waiting for the next tick lets other work run.
        await nextTick();
      }
      return taken;
    },
    hasEnabledAdmin: async () => {
      const admins = database
        .selectFrom('users')
        .select('name')
        // A literal and not a parameter, so that both databases use the index of administrators.
        .where('role', '=', sql.lit('admin'))
        .where('disabled', '=', 0);
      return (await admins.limit(1).executeTakeFirst()) !== undefined;
    },
    page: async (filter) => {
      const rows = await database.selectFrom('users').selectAll().$call(namePage(filter)).execute();
      const groups = await groupsOf(
        database,
        rows.map(({ name }) => name),
      );
      return rows.map((row) => ({ user: userIn(row), groups: groups.get(row.name) ?? [] }));
    },
    list: async () => (await database.selectFrom('users').selectAll().orderBy('name').execute()).map(userIn),
    add: (user) =>
      write(async () => {
        const insert = database
          .insertInto('users')
          .values(toRow(user))
          .onConflict((conflict) => conflict.doNothing());
        return (await insert.executeTakeFirst()).numInsertedOrUpdatedRows === 1n;
      }),
    update: (name, change) =>
      write(async () => {
        const update = database
          .updateTable('users')
          .where('name', '=', name)
          .set({
            changed_at: change.changedAt,
            ...(change.role !== undefined && { role: change.role }),
            ...(change.rightsFrom !== undefined && { rights_from: change.rightsFrom }),
            ...(change.passwordHash !== undefined && { password_hash: change.passwordHash }),
            ...(change.disabled !== undefined && { disabled: Number(change.disabled) }),
            ...(change.unlockedAt !== undefined && { unlocked_at: change.unlockedAt }),
          });
        return (await update.executeTakeFirst()).numUpdatedRows === 1n;
      }),
    replaceHash: (name, from, to) =>
      write(async () => {
        const update = database
          .updateTable('users')
          .where('name', '=', name)
          .where('password_hash', '=', from)
          .set({ password_hash: to });
        return (await update.executeTakeFirst()).numUpdatedRows === 1n;
      }),
    remove: async (name) =>
      !name.includes('\0') &&
      write(() =>
        atomically(database, async (transaction) => {
          await transaction.deleteFrom('grants').where('subject', '=', name).execute();
          await transaction.deleteFrom('console_sessions').where('user_name', '=', name).execute();
          return (
            (await transaction.deleteFrom('users').where('name', '=', name).executeTakeFirst())
              .numDeletedRows === 1n
          );
        }),
      ),
  };
}

export function sqlHtpasswdUsers(database: Kysely<Tables>, write: Write): HtpasswdUsers {
  return {
    isBlocked: async (name) => {
      if (name.includes('\0')) return false;
      const disabled = database.selectFrom('disabled_htpasswd_users').select('name').where('name', '=', name);
      const robots = database.selectFrom('robots').select('name').where('name', '=', name);
      return (await disabled.unionAll(robots).executeTakeFirst()) !== undefined;
    },
    listDisabled: async () => {
      const rows = database.selectFrom('disabled_htpasswd_users').selectAll().orderBy('name');
      return (await rows.execute()).map(({ name, disabled_at }) => ({
        name,
        disabledAt: Number(disabled_at),
      }));
    },
    disable: (name, at) =>
      write(async () => {
        const insert = database
          .insertInto('disabled_htpasswd_users')
          .values({ name, disabled_at: at })
          .onConflict((conflict) => conflict.doNothing());
        return (await insert.executeTakeFirst()).numInsertedOrUpdatedRows === 1n;
      }),
    enable: async (name) =>
      !name.includes('\0') &&
      write(async () => {
        const removal = database.deleteFrom('disabled_htpasswd_users').where('name', '=', name);
        return (await removal.executeTakeFirst()).numDeletedRows === 1n;
      }),
  };
}

/** Returns a map from the names of users to the names of their groups, sorted. */
async function groupsOf(
  database: Kysely<Tables>,
  users: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (users.length === 0) return new Map();
  const rows = await database
    .selectFrom('group_members')
    .selectAll()
    .where('user_name', 'in', users)
    .orderBy('group_name')
    .execute();
  const groups = new Map<string, string[]>();
  for (const { user_name, group_name } of rows)
    groups.set(user_name, [...(groups.get(user_name) ?? []), group_name]);
  return groups;
}

function toRow(user: Omit<User, 'rightsFrom'>): UserRow {
  return {
    name: user.name,
    role: user.role,
    password_hash: user.passwordHash,
    disabled: Number(user.disabled),
    created_at: user.createdAt,
    changed_at: user.changedAt,
    unlocked_at: user.unlockedAt ?? null,
    rights_from: 'role',
  };
}
