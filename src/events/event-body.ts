const utf8 = new TextDecoder('utf-8', { fatal: true });

type ParsedBody =
  | { readonly value: unknown; readonly problem?: undefined }
  | { readonly value?: undefined; readonly problem: string };

/** Parses the body of a notification, which is JSON whose texts a database can store. */
export function parseBody(body: Uint8Array): ParsedBody {
  let value: unknown;
  let text: string;
  try {
    text = utf8.decode(body);
    value = JSON.parse(text);
  } catch {
    return { problem: 'the body is not JSON' };
  }
  // No database can store NUL in a text. The search in the body is a fast check, and `hasNul` is exact.
  return text.includes('\\u0000') && hasNul(value)
    ? { problem: 'a text in the body contains NUL' }
    : { value };
}

const timestampForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i;

/** Parses a time as in RFC 3339. Returns milliseconds since the epoch. */
export function parseTimestamp(text: string): number | undefined {
  const at = timestampForm.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}

/** Returns a text that every database can store. A value of another type becomes an empty text. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value.toWellFormed() : '';
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasNul(root: unknown): boolean {
  const open = [root];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value === 'string' && value.includes('\0')) return true;
    if (typeof value === 'object' && value !== null)
      for (const member of Object.values(value)) if (member !== undefined) open.push(member);
  }
  return false;
}
