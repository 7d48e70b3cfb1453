import { z } from 'zod';

/** A list as YAML writes it, or as the environment does: separated by commas. */
export function parseList<Item extends z.ZodType>(item: Item) {
  const fromText = z.string().transform((text) =>
    text
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== ''),
  );
  return z.union([fromText, z.array(z.unknown())], 'wants a list').pipe(z.array(item));
}
