import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { importLate } from '../../../../errors.ts';
import type { StoredPlan } from '../../../../store/store.ts';
import { created, defineRoute, ok, type Answer, type Api, type Route } from '../../route.ts';
import { timeSchema } from '../people/schemas.ts';

const text = z.string().nullable();

const deletionSchema = z.object({
  repository: z.string(),
  tag: text.meta({ description: '`null` for a manifest without a tag' }),
  digest: z.string(),
  reason: z.string(),
  size: z.int().nonnegative().meta({
    description: 'The bytes that garbage collection can free after this deletion and all earlier ones',
  }),
  lastPulledAt: timeSchema.nullable(),
  lastPulledBy: text.meta({ description: '`null` for an anonymous client' }),
});

const planSchema = z
  .object({
    id: z.string(),
    state: z.enum(['planning', 'planned', 'failed', 'applying', 'stopped', 'applied']).meta({
      description:
        'As long as it is `planning` or `applying`, the server works on it. `failed`: there is no plan. `stopped`: some deletions are done',
    }),
    createdAt: timeSchema,
    begun: z.int().nonnegative().meta({ description: 'How many deletions were begun' }),
    problem: z
      .object({ code: z.string(), detail: z.string() })
      .nullable()
      .meta({ description: 'Why the plan failed or was stopped' }),
    notes: z.array(z.string()).meta({ description: 'Rules that delete nothing yet, and why' }),
    deletions: z.array(deletionSchema),
  })
  .meta({ id: 'RetentionPlan' });

/** The answer waits for so long that most plans are finished, in milliseconds. Reverse proxies wait for a minute. */
const waitMs = 20_000;

const planErrors = [
  ...(['clock_implausible', 'list_incomplete', 'registry_unreachable', 'registry_refused'] as const),
];
const applyErrors = [
  ...(['no_such_plan', 'plan_used', 'plan_outdated', 'retention_busy', 'retention_stopped'] as const),
  'deletion_is_off' as const,
];

const duration = z.string().nullable().meta({ example: '30d' });

const rulesSchema = z
  .object({
    rules: z.array(
      z.object({
        number: z.int().positive(),
        on: z.array(z.string()).meta({ description: 'The repositories to which the rule applies' }),
        keep: z
          .object({
            newest: z.int().positive().nullable(),
            pulledWithin: duration,
            pushedWithin: duration,
            tags: z.array(z.string()),
          })
          .nullable()
          .meta({ description: 'What keeps a tag. `null`: the rule deletes no tag' }),
        untagged: duration.meta({ description: 'After which time a manifest without a tag is deleted' }),
      }),
    ),
    schedule: z
      .object({ at: z.string(), apply: z.boolean() })
      .nullable()
      .meta({ description: 'When plans are made. `apply`: whether they are applied too' }),
  })
  .meta({ id: 'Retention' });

export const retention: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/retention',
    tag: 'Retention',
    summary: 'Show the configured retention rules and their schedule',
    access: 'administrator',
    answers: { 200: rulesSchema },
    handle: async ({ api }) => {
      const { retentionView } = await import('../../../../admin/retention/rules-view.ts');
      return ok(retentionView(api.config));
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/retention/plans',
    tag: 'Retention',
    summary: 'Make a plan of what the retention rules delete. If this takes long, read the plan again',
    access: 'administrator',
    answers: { 201: planSchema },
    errors: planErrors,
    handle: async ({ api }) => {
      const { startPlan } = await importLate(() => import('../../../../admin/retention/make-plan.ts'));
      const { id, done } = await startPlan(await partsOf(api));
      await settledOrLate(done);
      return created(`/retention/plans/${id}`, await viewOf(await findPlan(api, id)));
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/retention/plans/{id}',
    tag: 'Retention',
    summary: 'Show a plan and its state',
    access: 'administrator',
    query: z.strictObject({
      deletions: z.enum(['true', 'false']).optional().meta({
        description: '`false` leaves the deletions out',
      }),
    }),
    answers: { 200: planSchema },
    errors: ['no_such_plan'],
    handle: async ({ params: { id }, query, api }) => {
      const view = await viewOf(await findPlan(api, id));
      return ok(query.deletions === 'false' ? { ...view, deletions: [] } : view);
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/retention/plans/{id}/apply',
    tag: 'Retention',
    summary: 'Delete exactly what a plan names. If this takes long, read the plan again',
    access: 'administrator',
    answers: { 200: planSchema },
    errors: [...applyErrors, ...planErrors],
    handle: async ({ params: { id }, api }): Promise<Answer> => {
      const { startApply } = await importLate(() => import('../../../../admin/retention/apply-plan.ts'));
      const { done } = await startApply(await partsOf(api), id);
      await settledOrLate(done);
      return ok({ ...(await viewOf(await findPlan(api, id))), deletions: [] });
    },
  }),
];

async function partsOf(api: Api) {
  const { retentionOf } = await importLate(() => import('../../../../admin/retention/open-retention.ts'));
  return retentionOf(api.images(), api.config, api.store, api.clock);
}

/** Waits for the work, but not too long. @throws the error of the work */
async function settledOrLate(work: Promise<unknown>): Promise<void> {
  const late = new AbortController();
  try {
    await Promise.race([work, wait(waitMs, undefined, { signal: late.signal })]);
  } finally {
    late.abort();
  }
}

async function findPlan(api: Api, id: string): Promise<StoredPlan> {
  const plan = await api.store.retentionPlans.find(id);
  if (plan !== undefined) return plan;
  const { noSuchPlan } = await importLate(() => import('../../../../admin/retention/plan-content.ts'));
  throw noSuchPlan(id);
}

async function viewOf(plan: StoredPlan) {
  const { planDetails } = await importLate(() => import('../../../../admin/retention/plan-view.ts'));
  const { problemOf } = await importLate(() => import('../../../../admin/retention/plan-content.ts'));
  const problem = problemOf(plan);
  return {
    ...planDetails(plan),
    problem: problem === undefined ? null : { code: problem.code, detail: problem.message },
  };
}
