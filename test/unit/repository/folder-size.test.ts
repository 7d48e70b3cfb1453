import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const maxFiles = 13;
/** Folders that have one file for each command or for each probe of doctor. Their size is not limited. */
const exempt = /^src\/(?:cli\/(?:commands|actions)|doctor\/(?:local|registry|edge))$/;

test.each(['src', 'test/support'])('a folder of %s contains few files', async (folder) => {
  const entries = await readdir(`${root}${folder}`, { recursive: true, withFileTypes: true });
  const counts = Map.groupBy(
    entries.filter((entry) => entry.isFile()),
    ({ parentPath }) => parentPath.slice(root.length),
  );
  const tooLarge = [...counts]
    .filter(([path, files]) => !exempt.test(path) && files.length > maxFiles)
    .map(([path, files]) => `${path}: ${files.length} files`);
  expect(counts.size).toBeGreaterThan(0);
  expect(tooLarge).toEqual([]);
});
