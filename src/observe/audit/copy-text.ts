/**
 * Shortens a text to at most `maxBytes` bytes in UTF-8. The result is a copy: a text that was cut out of a request can
 * otherwise keep the whole request in memory, because V8 stores it as a reference into the larger text.
 */
export function copyText(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text.slice(0, maxBytes));
  if (bytes.length <= maxBytes) return bytes.toString();
  // If the limit is in the middle of a character, `toString` turns the rest of this character into U+FFFD. Remove it.
  return bytes
    .subarray(0, maxBytes)
    .toString()
    .replace(/\ufffd$/, '');
}
