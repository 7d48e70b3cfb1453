import type { Kysely } from 'kysely';
import { labelOf, labelToColumns } from './columns/label.ts';
import { lastUseOf, writeLastUses } from './last-use.ts';
import { namePage } from './columns/name-page.ts';
import { atomically, type Write } from './write.ts';
import type { OnlyRight, Robot, Robots, RobotSecret } from '../store.ts';
import type { RobotRow, RobotSecretRow, Tables } from './tables.ts';

export function sqlRobots(database: Kysely<Tables>, write: Write, quietly: Write): Robots {
  const find = async (name: string): Promise<Robot | undefined> => {
    const row = await database.selectFrom('robots').selectAll().where('name', '=', name).executeTakeFirst();
    return row && fromRow(row);
  };
  return {
    find,
    findBySecret: async (hash) => {
      const row = await database
        .selectFrom('robot_secrets')
        .innerJoin('robots', 'robots.name', 'robot_secrets.robot_name')
        .where('hash', '=', hash)
        .selectAll('robots')
        .select(['hash', 'robot_secrets.created_at as secret_created_at'])
        .select('robot_secrets.expires_at as secret_expires_at')
        .executeTakeFirst();
      if (row === undefined) return undefined;
      const secret = secretFromRow({
        hash: row.hash,
        robot_name: row.name,
        created_at: row.secret_created_at,
        expires_at: row.secret_expires_at,
      });
      return { robot: fromRow(row), secret };
    },
    page: async (filter) => {
      const rows = await database.selectFrom('robots').selectAll().$call(namePage(filter)).execute();
      return rows.map(fromRow);
    },
    list: async () =>
      (await database.selectFrom('robots').selectAll().orderBy('name').execute()).map(fromRow),
    add: (robot, secret) =>
      write(() =>
        atomically(database, async (transaction) => {
          const insert = transaction
            .insertInto('robots')
            .values(toRow(robot))
            .onConflict((conflict) => conflict.doNothing());
          if ((await insert.executeTakeFirst()).numInsertedOrUpdatedRows !== 1n) return false;
          await transaction.insertInto('robot_secrets').values(secretToRow(secret)).execute();
          return true;
        }),
      ),
    rotate: (secret, oldUntil, expiresAt) =>
      write(() =>
        atomically(database, async (transaction) => {
          const older = transaction.updateTable('robot_secrets').where('robot_name', '=', secret.robot);
          const ended = await older
            .set({ expires_at: oldUntil })
            .where((row) => row.or([row('expires_at', 'is', null), row('expires_at', '>', oldUntil)]))
            .executeTakeFirst();
          if (ended.numUpdatedRows === 0n) return false;
          await transaction.deleteFrom('robot_secrets').where('expires_at', '<', secret.createdAt).execute();
          await transaction.insertInto('robot_secrets').values(secretToRow(secret)).execute();
          if (expiresAt !== undefined) {
            const robot = transaction.updateTable('robots').where('name', '=', secret.robot);
            await robot.set({ expires_at: expiresAt }).execute();
          }
          return true;
        }),
      ),
    update: (name, { only, expiresAt, description, owner }) =>
      write(async () => {
        const update = database.updateTable('robots').where('name', '=', name);
        const set = {
          ...(only !== undefined && { only_rights: JSON.stringify(only) }),
          ...(expiresAt !== undefined && { expires_at: expiresAt }),
          ...(description !== undefined && { description }),
          ...(owner !== undefined && { owner }),
        };
        return (await update.set(set).executeTakeFirst()).numUpdatedRows === 1n;
      }),
    setDisabled: (name, disabled) =>
      write(async () => {
        const update = database
          .updateTable('robots')
          .set({ disabled: Number(disabled) })
          .where('name', '=', name);
        return (await update.executeTakeFirst()).numUpdatedRows === 1n;
      }),
    remove: (name) =>
      write(
        async () =>
          (await database.deleteFrom('robots').where('name', '=', name).executeTakeFirst()).numDeletedRows ===
          1n,
      ),
    used: (uses) => quietly(() => writeLastUses(database, 'robots', uses)),
  };
}

function toRow(robot: Robot): RobotRow {
  return {
    name: robot.name,
    only_rights: JSON.stringify(robot.only),
    disabled: Number(robot.disabled),
    created_at: robot.createdAt,
    expires_at: robot.expiresAt,
    last_used_at: robot.lastUse?.at ?? null,
    last_used_from: robot.lastUse?.from ?? null,
    api: Number(robot.api === true),
    ...labelToColumns(robot),
  };
}

function fromRow(row: RobotRow): Robot {
  return {
    name: row.name,
    only: JSON.parse(row.only_rights) as OnlyRight[],
    disabled: row.disabled !== 0,
    createdAt: Number(row.created_at),
    expiresAt: row.expires_at === null ? null : Number(row.expires_at),
    lastUse: lastUseOf(row),
    ...(row.api !== 0 && { api: true }),
    ...labelOf(row),
  };
}

function secretToRow({ hash, robot, createdAt, expiresAt }: RobotSecret): RobotSecretRow {
  return { hash, robot_name: robot, created_at: createdAt, expires_at: expiresAt };
}

function secretFromRow({ hash, robot_name, created_at, expires_at }: RobotSecretRow): RobotSecret {
  return {
    hash,
    robot: robot_name,
    createdAt: Number(created_at),
    expiresAt: expires_at === null ? null : Number(expires_at),
  };
}
