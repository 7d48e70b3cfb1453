import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { withLayerTable } from '../../../scripts/lint/layer-table.ts';

test('docs/architecture.md shows the imports that lint allows; if not, run npm run docs', async () => {
  const page = await readFile(new URL('../../../docs/architecture.md', import.meta.url), 'utf8');
  expect(page).toBe(withLayerTable(page));
});
