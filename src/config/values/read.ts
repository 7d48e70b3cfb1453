import * as z from 'zod/mini';

/**
 * Creates a schema that parses text, such as a duration, into a value. The schema already returns the parsed value, so
 * no other code has to parse the text.
 */
export function read<Value>(parse: (text: string) => Value | undefined, expected: string) {
  return z.pipe(
    z.string(`must be ${expected}`),
    z.transform((text: string, context): Value => {
      const value = parse(text.trim());
      if (value !== undefined) return value;
      context.issues.push({ code: 'custom', message: `must be ${expected}`, input: text });
      return z.NEVER;
    }),
  );
}

/** Creates the schema of a whole number, which can be written as text too. */
export function wholeNumberFrom(min: number, max: number, wanted: string) {
  const digits = z.pipe(
    z.string().check(z.regex(/^\d+$/)),
    z.transform((text: string) => Number(text)),
  );
  return z.pipe(
    z.union([z.int(), digits], wanted),
    z.int(wanted).check(z.minimum(min, wanted), z.maximum(max, wanted)),
  );
}
