/**
 * Readers for JSON that other programs wrote: manifests and configurations of images. A member that is missing or has
 * the wrong type is undefined, so that one odd image never breaks a page.
 */

export type JsonObject = Readonly<Record<string, unknown>>;

export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}

export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

export function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Returns a whole number that is at least 0, such as a size in bytes. */
export function asCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** Returns the texts of a list. Other entries are left out. */
export function asTexts(value: unknown): readonly string[] {
  return asArray(value).filter((item) => typeof item === 'string');
}

/** Returns the entries of an object whose values are texts, such as labels, in the order of their names. */
export function asTextMap(value: unknown): ReadonlyMap<string, string> {
  const entries = Object.entries(asObject(value) ?? {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return new Map(entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

/** Returns a time in milliseconds since the epoch, or undefined if the text is not a time or means "unknown". */
export function asTime(value: unknown): number | undefined {
  const text = asText(value);
  if (text === undefined) return undefined;
  const at = Date.parse(text);
  // Build tools write the beginning of the epoch, or the year 1, if the time of a build must not change its digest.
  return Number.isNaN(at) || at <= 0 ? undefined : at;
}
