import { z } from 'zod';

/**
 * Creates the schema of a list. The input is either a YAML list or the text of an environment variable, in which commas
 * separate the entries.
 */
export function parseList<Item extends z.ZodType>(item: Item) {
  const fromText = z.string().transform((text) =>
    text
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== ''),
  );
  return z.union([fromText, z.array(z.unknown())], 'must be a list').pipe(z.array(item));
}
