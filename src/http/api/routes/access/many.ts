import { z } from 'zod';

import { rotateAllRobotSecrets } from '../../../../admin/robots.ts';
import { revokeAllSessions, revokeSessionsOf } from '../../../../admin/sessions.ts';
import { formatTime } from '../../../../admin/views/time.ts';
import { durationSchema, secondsIn } from '../../input/texts.ts';
import { defineRoute, ok, type Route } from '../../route.ts';
import { nameText } from '../../text.ts';
import { timeSchema } from '../people/schemas.ts';
import { robotSchema, secretSchema, viewOf } from './robots.ts';

/** Operations on many robots or sessions at once. Each of them is one transaction. */
export const many: readonly Route[] = [
  defineRoute({
    method: 'POST',
    path: '/robot-rotations',
    tag: 'Robots',
    summary: 'Create new secrets for all robots, or for all that expire soon',
    access: 'administrator',
    body: z.strictObject({
      overlap: durationSchema.default('24h').meta({ description: 'How long older secrets stay valid' }),
      expires: durationSchema.optional().meta({ description: 'How long the robots are valid from now' }),
      expiring: durationSchema
        .optional()
        .meta({ description: 'Only robots that expire within this time', example: '30d' }),
    }),
    answers: {
      200: z.object({
        items: z.array(robotSchema.extend({ secret: secretSchema })),
        oldSecretsEnd: timeSchema,
      }),
    },
    handle: async ({ body: { overlap, expires, expiring }, api: { store, clock } }) => {
      const { rotated, oldSecretsEndAt } = await rotateAllRobotSecrets(store, clock, {
        overlap: secondsIn(overlap),
        expiresIn: expires === undefined ? undefined : secondsIn(expires),
        expiringWithin: expiring === undefined ? undefined : secondsIn(expiring),
      });
      const items = rotated.map(({ robot, secret }) => ({
        ...viewOf(robot, clock()),
        secret: secret.reveal(),
      }));
      return ok({ items, oldSecretsEnd: formatTime(oldSecretsEndAt) });
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/session-revocations',
    tag: 'Sessions',
    summary: 'End all sessions of a user, or of all users',
    access: 'administrator',
    body: z
      .strictObject({ user: nameText.optional(), all: z.literal(true).optional() })
      .refine(
        ({ user, all }) => (user === undefined) !== (all === undefined),
        'give exactly one of "user" and "all"',
      ),
    answers: { 200: z.object({ count: z.number().meta({ description: 'How many sessions ended' }) }) },
    errors: ['no_such_user'],
    handle: async ({ body: { user }, api: { store, clock } }) => {
      const count =
        user === undefined
          ? await revokeAllSessions(store, clock)
          : await revokeSessionsOf(store, clock, user);
      return ok({ count });
    },
  }),
];
