/** The number of hexadecimal digits that tables show. docker shows as many. */
const shownDigits = 12;

/** Shortens a digest for a table: `sha256:9f86d081884c`. The whole digest belongs into a title or a copy button. */
export function shortDigest(digest: string): string {
  const colon = digest.indexOf(':');
  return colon < 0 ? digest.slice(0, shownDigits) : digest.slice(0, colon + 1 + shownDigits);
}
