import { sql, type Kysely, type SelectQueryBuilder } from 'kysely';
import type { Action, Role } from '../../policy/rights.ts';
import type { RightsSource, StoredAccount, StoredGrant, User } from '../store.ts';
import type { Tables, UserRow } from './tables.ts';

/** A subquery that selects the user name from the row of an access token or a refresh token. */
type Chosen = SelectQueryBuilder<Tables, 'access_tokens' | 'refresh_tokens', { user_name: string }>;

/**
 * Creates a query that selects a user. The result has one row for each group and each grant of the user, or a single
 * row if the user has no groups and no grants. The groups, the user's own grants and the grants of the groups are read
 * with three separate selects, because databases use no index for a single select with `or`.
 */
export function accountRows(database: Kysely<Tables>, name: string | Chosen) {
  const groups = database
    .selectFrom('group_members')
    .where('user_name', '=', name)
    .select([
      sql<'group' | 'grant' | null>`'group'`.as('kind'),
      'group_name as subject',
      sql<string>`''`.as('pattern'),
      sql<string>`''`.as('actions'),
      sql<number>`0`.as('granted_at'),
    ]);
  const grant = [
    sql<'group' | 'grant' | null>`'grant'`.as('kind'),
    'grants.subject',
    'grants.pattern',
    'grants.actions',
    'grants.created_at as granted_at',
  ] as const;
  const own = database.selectFrom('grants').where('subject', '=', name).select(grant);
  const ofGroups = database
    .selectFrom('group_members')
    .innerJoin('grants', (join) => join.on('grants.subject', '=', sql<string>`'group:' || group_name`))
    .where('user_name', '=', name)
    .select(grant);
  return database
    .selectFrom('users')
    .leftJoin(groups.unionAll(own).unionAll(ofGroups).as('assigned'), (join) => join.onTrue())
    .where('users.name', '=', name)
    .selectAll(['users', 'assigned'])
    .orderBy('assigned.subject')
    .orderBy('assigned.pattern');
}

/**
 * The columns of a row of `accountRows` that describe a group or a grant. All of them are null if the user has no
 * groups and no grants.
 */
interface HeldRow {
  readonly kind: 'group' | 'grant' | null;
  readonly subject: string | null;
  readonly pattern: string | null;
  readonly actions: string | null;
  readonly granted_at: number | null;
}

/**
 * Converts the rows of `accountRows` to an account. Returns undefined if there are no rows, because the user then does
 * not exist.
 */
export function accountIn(rows: readonly (UserRow & HeldRow)[]): StoredAccount | undefined {
  const [first] = rows;
  return first && { user: userIn(first), ...heldIn(rows) };
}

export function userIn(row: UserRow): User {
  return {
    name: row.name,
    role: row.role as Role,
    rightsFrom: row.rights_from as RightsSource,
    passwordHash: row.password_hash,
    disabled: row.disabled !== 0,
    createdAt: Number(row.created_at),
    changedAt: Number(row.changed_at),
    ...(row.unlocked_at !== null && { unlockedAt: Number(row.unlocked_at) }),
  };
}

function heldIn(rows: readonly HeldRow[]): Pick<StoredAccount, 'groups' | 'grants'> {
  const groups: string[] = [];
  const grants: StoredGrant[] = [];
  for (const { kind, subject, pattern, actions, granted_at } of rows) {
    if (kind === 'group') groups.push(subject ?? '');
    else if (kind === 'grant')
      grants.push({
        subject: subject ?? '',
        pattern: pattern ?? '',
        actions: (actions ?? '').split(',') as Action[],
        createdAt: Number(granted_at),
      });
  }
  return { groups, grants };
}
