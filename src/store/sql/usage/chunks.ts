/**
 * The number of rows in one statement. Databases limit the number of parameters of a statement (SQLite: 32,766), and a
 * row of the widest table has 19.
 */
const rowsAtOnce = 500;

export function* inChunks<Item>(items: readonly Item[], size = rowsAtOnce): Generator<readonly Item[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}
