import * as z from 'zod/mini';
import { parseCron, type CronExpression } from '../../schedule/cron-expression.ts';

/** The schema of a cron expression such as `0 3 * * *`, in local time. */
export const cron = z.pipe(
  z.unknown(),
  z.transform((value: unknown, context): CronExpression => {
    const expression =
      typeof value === 'string'
        ? parseCron(value)
        : 'must be a cron expression in quotes, such as "0 3 * * *"';
    if (typeof expression !== 'string') return expression;
    context.issues.push({ code: 'custom', message: expression, input: value });
    return z.NEVER;
  }),
);
