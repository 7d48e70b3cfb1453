import * as z from 'zod/mini';

/**
 * Creates the schema of a list. The input is a YAML list or the text of an environment variable. In a text, commas or
 * line breaks separate the entries, and each entry may be in quotes. A text can also be a list in JSON.
 */
export function parseList<Item extends z.ZodMiniType>(item: Item) {
  const fromText = z.pipe(
    z.string(),
    z.transform((text: string): unknown[] => fromJson(text) ?? entriesOf(text)),
  );
  return z.pipe(z.union([fromText, z.array(z.unknown())], `must be a list. ${listForms}`), z.array(item));
}

/**
 * Creates the schema of a list in a rule. The list must not be empty, because a rule with an empty list, for example
 * without any repository, would never apply.
 */
export function nonEmptyList<Item extends z.ZodMiniType>(item: Item) {
  return parseList(item).check(z.refine((items) => items.length > 0, 'must have at least one entry'));
}

/** The schema of a list of rules in an environment variable, which is JSON. An empty text is an empty list. */
export const rulesFromJson = z.pipe(
  z.string(),
  z.transform((text: string, context): unknown[] => {
    try {
      const value: unknown = JSON.parse(text.trim() === '' ? '[]' : text);
      if (Array.isArray(value)) return value as unknown[];
    } catch {
      // The issue below reports the invalid JSON.
    }
    context.issues.push({ code: 'custom', message: 'must be a list of rules in JSON', input: text });
    return z.NEVER;
  }),
);

export const listInEnvironment = 'In an environment variable, separate the entries with commas: a,b';
const listForms = `Write [a, b] in the configuration file. ${listInEnvironment}`;

function entriesOf(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((entry) =>
      entry
        .trim()
        .replace(/^(["'])(.*)\1$/, '$2')
        .trim(),
    )
    .filter((entry) => entry !== '');
}

function fromJson(text: string): unknown[] | undefined {
  if (!text.trimStart().startsWith('[')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? (value as unknown[]) : undefined;
  } catch {
    // The text is not JSON. For example, an address such as [::1] also begins with a bracket.
    return undefined;
  }
}
