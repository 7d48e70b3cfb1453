import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { recordCandidate } from '../../../src/admin/trust/candidate.ts';
import { systemClock } from '../../../src/clock.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { openRecipe } from '../../support/docs/recipe.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

test('docs/trust/rules-in-the-database.md', async () => {
  const directory = await temporaryDirectory('recipe');
  await writeFile(
    join(directory, 'dockpass.yml'),
    JSON.stringify({ up: { privateDomains: ['registry.example.com'] } }),
  );
  await writeFile(
    join(directory, 'job.jwt'),
    'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJodHRwczovL2NpLmV4YW1wbGUuY29tIn0.c2ln\n',
  );
  const recipe = await openRecipe('docs/trust/rules-in-the-database.md', { directory });
  expect((await recipe.next()).stderr).toContain('acme-app is added and waits');
  const store = await openStore(join(directory, 'data', 'dockpass.db'));
  const ids = { repository_id: '260064828', repository_owner_id: '65' };
  await recordCandidate(store, systemClock, 'acme-app', ids, '192.0.2.1');
  await store.close();
  expect((await recipe.next()).stderr).toContain('repository_id=260064828');
  expect((await recipe.next()).stderr).toContain('acme-app is confirmed');
  expect((await recipe.next()).stderr).toContain('jenkins is added');
  const tested = await recipe.next();
  expect(tested.stdout.match(/^verdict {2}denied: /gm)).toHaveLength(2);
  expect(tested.stdout).toMatch(/^who {5}ci, no login: /m);
  expect((await recipe.next()).stderr).toContain('jenkins is removed');
  recipe.finish();
});
