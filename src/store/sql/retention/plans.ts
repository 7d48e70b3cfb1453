import type { Kysely } from 'kysely';
import type { PlanState, RetentionPlans, StoredPlan } from '../../ports/retention/plans.ts';
import type { RetentionPlanRow, Tables } from '../tables.ts';
import type { Write } from '../write.ts';

export function sqlRetentionPlans(database: Kysely<Tables>, write: Write): RetentionPlans {
  return {
    add: (id, createdAt) =>
      write(async () => {
        await database
          .insertInto('retention_plans')
          .values({ id, created_at: createdAt, state: 'planning', content: null, problem: null, begun: 0 })
          .execute();
      }),
    find: async (id) => {
      const query = database.selectFrom('retention_plans').selectAll().where('id', '=', id);
      const row = await query.executeTakeFirst();
      return row && storedPlan(row);
    },
    begun: async () => {
      const query = database.selectFrom('retention_plans').selectAll().where('begun', '>', 0);
      return (await query.orderBy('created_at').orderBy('id').execute()).map(storedPlan);
    },
    setState: (id, from, to, more = {}) =>
      write(async () => {
        const update = database
          .updateTable('retention_plans')
          .set({ state: to, ...more })
          .where('id', '=', id)
          .where('state', '=', from);
        return (await update.executeTakeFirst()).numUpdatedRows === 1n;
      }),
    setBegun: (id, begun) =>
      write(async () => {
        await database.updateTable('retention_plans').set({ begun }).where('id', '=', id).execute();
      }),
    removeBefore: (createdAt) =>
      write(async () => {
        await database.deleteFrom('retention_plans').where('created_at', '<', createdAt).execute();
      }),
    takeLease: (name, holder, now, until) =>
      write(async () => {
        const insert = database
          .insertInto('retention_leases')
          .values({ name, holder, until })
          .onConflict((conflict) =>
            conflict
              .column('name')
              .doUpdateSet({ holder, until })
              .where((is) =>
                is.or([is('retention_leases.holder', '=', holder), is('retention_leases.until', '<=', now)]),
              ),
          );
        return (await insert.executeTakeFirst()).numInsertedOrUpdatedRows === 1n;
      }),
    releaseLease: (name, holder) =>
      write(async () => {
        await database
          .deleteFrom('retention_leases')
          .where('name', '=', name)
          .where('holder', '=', holder)
          .execute();
      }),
  };
}

function storedPlan({ id, created_at, state, content, problem, begun }: RetentionPlanRow): StoredPlan {
  return {
    id,
    createdAt: Number(created_at),
    state: state as PlanState,
    content,
    problem,
    begun: Number(begun),
  };
}
