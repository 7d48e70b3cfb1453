import { sql, type Kysely, type SqlBool } from 'kysely';
import type { Action } from '../../policy/rights.ts';
import { contains } from './columns/contains.ts';
import { atomically, type Write } from './write.ts';
import type { Grants, StoredGrant } from '../store.ts';
import type { GrantRow, Tables } from './tables.ts';

export function sqlGrants(database: Kysely<Tables>, write: Write): Grants {
  return {
    list: async () =>
      (await database.selectFrom('grants').selectAll().orderBy('subject').orderBy('pattern').execute()).map(
        fromRow,
      ),
    page: async ({ limit, after, contains: text }, { subject, pattern } = {}) => {
      const rows = await database
        .selectFrom('grants')
        .selectAll()
        .$if(subject !== undefined, (query) => query.where('subject', '=', subject ?? ''))
        .$if(pattern !== undefined, (query) => query.where('pattern', '=', pattern ?? ''))
        .$if(after !== undefined, (query) =>
          query.where(sql<SqlBool>`(subject, pattern) > (${after?.subject}, ${after?.pattern})`),
        )
        .$if(text !== undefined, (query) =>
          query.where(({ or }) => or([contains('subject', text ?? ''), contains('pattern', text ?? '')])),
        )
        .orderBy('subject')
        .orderBy('pattern')
        .limit(limit)
        .execute();
      return rows.map(fromRow);
    },
    of: async (subjects) => {
      if (subjects.length === 0) return [];
      const rows = database.selectFrom('grants').selectAll().where('subject', 'in', subjects);
      return (await rows.orderBy('subject').orderBy('pattern').execute()).map(fromRow);
    },
    put: ({ subject, pattern, actions, createdAt }) =>
      write(() =>
        atomically(database, async (transaction) => {
          const row: GrantRow = { subject, pattern, actions: actions.join(','), created_at: createdAt };
          await transaction
            .insertInto('grants')
            .values(row)
            .onConflict((conflict) =>
              conflict
                .columns(['subject', 'pattern'])
                .doUpdateSet({ actions: row.actions, created_at: createdAt }),
            )
            .execute();
          return switchToGrants(transaction, subject);
        }),
      ),
    remove: (subject, pattern) =>
      write(() =>
        atomically(database, async (transaction) => {
          await switchToGrants(transaction, subject);
          const removal = transaction
            .deleteFrom('grants')
            .where('subject', '=', subject)
            .where('pattern', '=', pattern);
          return (await removal.executeTakeFirst()).numDeletedRows === 1n;
        }),
      ),
  };
}

const groupPrefix = 'group:';

/**
 * The first grant to a user, or to a group of the user, replaces the rights of the user's role. This function records
 * the replacement for each user whom the grants of `subject` reach. If `subject` has no grants, nothing changes.
 *
 * Call this function after each write that adds a grant or a group member. Also call it before each write that removes
 * a grant or a group member, because older versions of dockpass add them without recording the replacement.
 * @param subject the name of a user, or `group:NAME`
 * @param member if given, only this member of the group is considered
 * @returns the names of the users who had the rights of their role until now, sorted
 */
export async function switchToGrants(
  transaction: Kysely<Tables>,
  subject: string,
  member?: string,
): Promise<string[]> {
  const grant = transaction.selectFrom('grants').select('pattern').where('subject', '=', subject);
  if ((await grant.limit(1).executeTakeFirst()) === undefined) return [];
  const update = transaction
    .updateTable('users')
    .set({ rights_from: 'grants' })
    .where('rights_from', '=', 'role')
    .returning('name');
  const members = transaction
    .selectFrom('group_members')
    .select('user_name')
    .where('group_name', '=', subject.slice(groupPrefix.length));
  const switched = subject.startsWith(groupPrefix)
    ? update.where('name', 'in', member === undefined ? members : members.where('user_name', '=', member))
    : update.where('name', '=', subject);
  return (await switched.execute()).map(({ name }) => name).sort();
}

function fromRow({ subject, pattern, actions, created_at }: GrantRow): StoredGrant {
  return { subject, pattern, actions: actions.split(',') as Action[], createdAt: Number(created_at) };
}
