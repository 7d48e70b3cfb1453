import { z } from 'zod';
import { InvalidInput } from './input/invalid-input.ts';
import { list, type Answer } from './answer.ts';

const limit = z
  .string()
  .regex(/^[1-9]\d{0,3}$/, 'limit must be a number from 1 to 1000')
  .transform(Number)
  .refine((count) => count <= 1000, 'limit must be a number from 1 to 1000')
  .default(100)
  .meta({
    description: 'How many items a page has',
    // A query is text, and the schema above checks this text. For clients, it is a number.
    override: ({ jsonSchema }) => {
      delete jsonSchema.pattern;
      Object.assign(jsonSchema, { type: 'integer', minimum: 1, maximum: 1000, default: 100 });
    },
  });

/** The query parameters of every list. Add others with `z.strictObject({ ...pageQuery, user: … })`. */
export const pageQuery = {
  limit,
  cursor: z.string().max(2000).optional().meta({ description: '`next` of the page before' }),
  q: z
    .string()
    .max(200)
    .optional()
    .meta({ description: 'Only items whose name contains this text. No character is special' }),
};

/** What a list route passes on to a method that reads one page. */
export interface PageRequest {
  readonly limit: number;
  /** The key of the last item of the page before. Undefined for the first page. */
  readonly after: readonly string[] | undefined;
  readonly q: string | undefined;
}

interface PageParameters {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly q?: string | undefined;
}

/**
 * Reads the parameters of a list.
 * @param keyLength how many texts the key of an item has, by which the list is sorted
 * @throws InvalidInput if the cursor is garbled
 */
export function readPage({ limit: count, cursor, q }: PageParameters, keyLength = 1): PageRequest {
  return {
    limit: count,
    after: cursor === undefined ? undefined : parseCursor(cursor, keyLength),
    q: q === '' ? undefined : q,
  };
}

/**
 * Answers with a page. Read one item more than the page has, and this function finds out whether there is a next page.
 * @param items the items of the page, and one more if there is one, sorted by their keys
 * @param keyOf returns the key of an item. The cursor is the key of the last item, so it survives inserts and deletions
 */
export function pageOf<Item>(
  items: readonly Item[],
  { limit: count }: Pick<PageRequest, 'limit'>,
  keyOf: (item: Item) => readonly string[],
  viewOf: (item: Item) => unknown = (item) => item,
): Answer {
  const page = items.slice(0, count);
  const last = page.at(-1);
  const next = items.length > count && last !== undefined ? formatCursor(keyOf(last)) : null;
  return list(page.map(viewOf), next);
}

/**
 * Selects the items of a page from a list in memory. Use it for lists that are short, or that must be read completely.
 * @returns up to `limit + 1` items, for `pageOf`
 */
export function selectPage<Item>(
  items: readonly Item[],
  { limit: count, after, q }: PageRequest,
  keyOf: (item: Item) => readonly string[],
  textOf: (item: Item) => string = (item) => keyOf(item).join(' '),
): readonly Item[] {
  return items
    .filter((item) => q === undefined || textOf(item).includes(q))
    .map((item) => ({ item, key: keyOf(item) }))
    .filter(({ key }) => after === undefined || compareKeys(key, after) > 0)
    .sort((a, b) => compareKeys(a.key, b.key))
    .slice(0, count + 1)
    .map(({ item }) => item);
}

function compareKeys(a: readonly string[], b: readonly string[]): number {
  for (const [index, part] of a.entries()) {
    const other = b[index] ?? '';
    if (part !== other) return part < other ? -1 : 1;
  }
  return 0;
}

/** Converts the key of an item to a cursor. `readPage` converts it back. */
export function formatCursor(key: readonly string[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

function parseCursor(cursor: string, keyLength: number): readonly string[] {
  const key = cursorSchema.safeParse(readJsonOf(cursor));
  // Compare with the canonical form, because decoding ignores characters that are not base64url.
  if (key.success && key.data.length === keyLength && formatCursor(key.data) === cursor) return key.data;
  throw garbledCursor();
}

/** Returns the error for a cursor that this server has not made. */
export function garbledCursor(): InvalidInput {
  const detail = 'the cursor is garbled. Send "next" of the page before, without a change';
  return new InvalidInput([{ in: 'query', pointer: '/cursor', detail }]);
}

const cursorSchema = z.array(
  z
    .string()
    .max(1000)
    .refine((text) => !text.includes('\0') && text.isWellFormed()),
);

function readJsonOf(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
