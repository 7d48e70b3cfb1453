import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { dockpassHome } from '../../support/dockpass/dockpass.ts';
import { needs } from '../../support/run/parts.ts';
import { startPostgres } from '../../support/database/postgres.ts';
import { openRecipe } from '../../support/docs/recipe.ts';

needs('postgres')('docs/replicas.md', () => {
  test('moves the store, names the line to change, and the audit log passes its check', async () => {
    const url = await (await startPostgres()).newDatabase();
    const config = { service: 'registry', database: 'data/dockpass.db' };
    const home = await dockpassHome({ config });
    await home.addUser('alice', 'correct horse battery staple', 'admin');
    const file = join(home.directory, 'dockpass.yml');
    const recipe = await openRecipe('docs/replicas.md', {
      directory: home.directory,
      replace: [['postgres://dockpass@db.example.com/dockpass', url]],
    });
    const moved = await recipe.next();
    expect(moved.stdout).toMatch(/^users +1 +[0-9a-f]{64}$/m);
    expect(moved.stdout).toMatch(/^audit_events +1 +[0-9a-f]{64}$/m);
    expect(moved.stderr).toContain(`change line 2 of dockpass.yml to "database: ${url}"`);
    const again = await home.must(['move-store', '--to', url]);
    expect(again.stderr).toContain('the target already contains the same data. Nothing was written.');

    await writeFile(file, stringify({ ...config, database: url }));
    expect((await recipe.next()).stdout).toMatch(/^1 [0-9a-f]{64}$/m);
    recipe.finish();
    expect((await home.must(['user', 'list'])).stdout).toMatch(/^alice +admin/m);

    await home.must(['user', 'disable', 'alice']);
    const back = await home.must(['move-store', '--to', 'data/dockpass.db']);
    expect(back.stderr).toContain('copied; both databases contain the same data');
    await writeFile(file, (await readFile(file, 'utf8')).replace(url, 'data/dockpass.db'));
    expect((await home.must(['audit', '--verify'])).stdout).toMatch(/^2 /m);
    expect((await home.must(['user', 'list'])).stdout).toMatch(/^alice +admin +disabled/m);
  });
});
