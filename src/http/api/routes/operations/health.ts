import { z } from 'zod';
import { findingCodes } from '../../../../doctor/finding.ts';
import { warningCodes } from '../../../../observe/monitors/health-checks.ts';
import { defineRoute, list, ok, type Route } from '../../route.ts';

const warningSchema = z
  .object({
    code: z.enum(warningCodes),
    severity: z.literal('warning'),
    problem: z.string(),
    impact: z.string(),
    fix: z.string(),
    details: z
      .string()
      .nullable()
      .meta({ description: 'The users, robots or other things that have the problem' }),
  })
  .meta({ id: 'Warning' });

const findingSchema = z
  .object({
    code: z.enum(findingCodes).meta({ description: 'docs/doctor.md explains each code' }),
    severity: z.enum(['wrong', 'warning']),
    problem: z.string(),
    impact: z.string(),
    fix: z.string(),
  })
  .meta({ id: 'Finding' });

const time = z.iso.datetime();

export const health: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/warnings',
    tag: 'Health',
    summary: 'Show the warnings of the health checks, which run every 15 seconds',
    access: 'administrator',
    answers: { 200: z.object({ items: z.array(warningSchema), next: z.null() }) },
    handle: async ({ api }) =>
      list(
        api.operations
          .warnings()
          .map(({ details = null, ...warning }) => ({ ...warning, severity: 'warning', details })),
      ),
  }),
  defineRoute({
    method: 'POST',
    path: '/doctor',
    tag: 'Health',
    summary: 'Check the configuration, keys, registry and edge. One run at a time; a second caller joins it',
    access: 'administrator',
    body: z.strictObject({
      readOnly: z.boolean().default(false).meta({
        description: 'Skip the checks that create a robot or upload data to the registry',
      }),
    }),
    answers: {
      200: z.object({
        items: z.array(findingSchema),
        skipped: z.string().nullable().meta({ description: 'Which checks were skipped, and why' }),
        checked: z.array(z.string()).meta({ description: 'What was checked' }),
        startedAt: time.meta({ description: 'When the run began. It may have begun before this request' }),
        finishedAt: time,
      }),
    },
    handle: async ({ body: { readOnly }, api: { store, config, clock, operations } }) => {
      const { findings, skipped, checked, startedAt, finishedAt } = await operations.diagnose({
        ...{ config, clock, store, readOnly },
        registries: [],
        registryConfig: undefined,
        overrides: { edge: undefined, resolve: [] },
      });
      return ok({
        items: findings,
        skipped: skipped ?? null,
        checked,
        startedAt: new Date(startedAt).toISOString(),
        finishedAt: new Date(finishedAt).toISOString(),
      });
    },
  }),
];
