import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startServe } from '../../support/dockpass/dockpass.ts';
import { openRecipe } from '../../support/docs/recipe.ts';

test('docs/remote.md', async () => {
  const server = await startServe();
  const password = 'correct horse battery';
  await server.must(['user', 'add', 'alice', '--role', 'admin', '--password-stdin'], { input: password });
  const recipe = await openRecipe('docs/remote.md', {
    replace: [['https://registry.example.com', server.url]],
  });
  const path = (name: string): string => join(recipe.directory, name);
  await writeFile(path('password.txt'), `${password}\n`);
  expect((await recipe.next()).stderr).toContain(`logged in to ${server.url} as alice`);
  const managed = await recipe.next();
  expect(managed.stdout).toMatch(/^alice +admin +active/m);
  expect(managed.stdout).toMatch(/changed {2}robot ci created .* by 127\.0\.0\.1 \(api: alice\)/);
  expect(managed.stderr).toContain(`Database: that of ${server.url}`);
  expect(await readFile(path('ci.secret'), 'utf8')).toMatch(/^dpr_\w+\n$/);
  expect((await recipe.next()).stderr).toContain('there are no grants');
  expect(JSON.parse((await recipe.next()).stdout)).toMatchObject([{ name: 'alice' }]);
  expect((await recipe.next()).stderr).toContain(`logged out of ${server.url}`);
  recipe.finish();
});
