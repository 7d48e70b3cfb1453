import { z } from 'zod';

/** The longest name of a user, robot, group or token in a request. Names that are longer are rejected by their rules. */
const maxName = 200;
/** The longest pattern in a request. */
const maxPattern = 512;

/** A name as a person typed it. The functions of `admin/` check its characters. */
export const nameText = z.string().min(1).max(maxName);

/** A pattern for the names of repositories. */
export const patternText = z
  .string()
  .min(1)
  .max(maxPattern)
  .meta({ description: '`*` matches within a path segment, `**` across segments', example: 'team/**' });

/** A password. The functions of `admin/` check its rules. */
export const passwordText = z.string().min(1).max(4096).meta({ format: 'password' });

/** The schema of one page of a list. */
export function pageSchema<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    next: z
      .string()
      .nullable()
      .meta({ description: 'The cursor of the next page; `null` if this is the last page' }),
  });
}
