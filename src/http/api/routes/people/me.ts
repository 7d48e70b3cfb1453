import { z } from 'zod';
import { describeCaller } from '../../../../admin/people/me.ts';
import { defineRoute, ok, type Route } from '../../route.ts';
import { rightSchema, roleSchema } from './schemas.ts';

export const meSchema = z
  .object({
    name: z.string(),
    kind: z.enum(['user', 'robot']),
    role: roleSchema.nullable().meta({ description: '`null` for a robot' }),
    groups: z.array(z.string()),
    rights: z.array(rightSchema),
    limited: z
      .boolean()
      .meta({ description: 'True for a robot, and for a token that was limited with `--only`' }),
    version: z.string().meta({ description: 'The version of dockpass' }),
  })
  .meta({ id: 'Me' });

export const me: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/me',
    tag: 'Me',
    summary: 'Show who you are and what you may do',
    access: 'signed in',
    answers: { 200: meSchema },
    handle: async ({ caller, api }) =>
      ok(await describeCaller(api.store, caller.subject, api.config.htpasswdRole)),
  }),
];
