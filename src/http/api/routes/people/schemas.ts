import { z } from 'zod';
import { actions, roles } from '../../../../policy/rights.ts';

export const roleSchema = z.enum(roles).meta({ id: 'Role', description: 'The role of a user' });
export const actionSchema = z.enum(actions).meta({ id: 'Action', description: 'An action on a repository' });

/** A time in an answer. */
export const timeSchema = z.iso
  .datetime()
  .meta({ description: 'RFC 3339, in UTC', example: '2026-11-22T10:00:00Z' });

export const rightSchema = z
  .object({
    pattern: z.string(),
    actions: z.array(actionSchema),
    from: z
      .string()
      .meta({ description: 'What gives the right: the role, a grant, or the limits of the login' }),
  })
  .meta({ id: 'Right' });

/** A secret that is shown once. */
export const secretSchema = z
  .string()
  .min(20)
  .meta({ description: 'Shown once, in the answer that creates it' });
