import { z } from 'zod';
import { timeSchema } from '../people/schemas.ts';

export const sessionSchema = z
  .object({
    id: z.string(),
    name: z.string().meta({ description: 'The same as `id`' }),
    user: z.string(),
    client: z.string().meta({ description: 'The program that logged in; `console` for the web console' }),
    browser: z.string().nullable().meta({ description: 'The browser of a session of the web console' }),
    host: z.string(),
    created: timeSchema,
    createdAt: timeSchema,
    lastUsed: timeSchema,
    lastUsedAt: timeSchema,
    lastUsedFrom: z.string(),
    expires: timeSchema,
  })
  .meta({ id: 'Session' });
