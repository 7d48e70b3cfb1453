import { z } from 'zod';

/** A list in YAML, or in the environment, separated by commas. */
export function parseList<Item extends z.ZodType>(item: Item) {
  const fromText = z.string().transform((text) =>
    text
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== ''),
  );
  return z.union([fromText, z.array(z.unknown())], 'must be a list').pipe(z.array(item));
}
