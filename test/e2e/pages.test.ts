import { X509Certificate } from 'node:crypto';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { needs, part } from '../support/run/parts.ts';
import { openRecipe } from '../support/docs/recipe.ts';
import { temporaryDirectory } from '../support/run/temp.ts';
import { ec, ownPki } from '../support/tls/pki.ts';

// Runs the commands of pages that describe one task, as they are written.

test('docs/users.md', async () => {
  const recipe = await openRecipe('docs/users.md', {
    replace: [['LONG-SECRET', 'a password of some length']],
  });
  const listed = await recipe.next();
  expect(listed.stdout).toMatch(/^alice +writer +active/m);
  expect(listed.stdout).toMatch(/^bob +reader +active/m);
  expect(await readFile(join(recipe.directory, 'alice.password'), 'utf8')).toMatch(/^\w{28}\n$/);
  await recipe.next();
  expect(await readFile(join(recipe.directory, 'bob.password'), 'utf8')).toMatch(/^\w{28}\n$/);
  const disabled = await recipe.next();
  expect(disabled.stderr).toContain('bob can no longer log in');
  expect(disabled.stderr).toContain('bob can log in again');
  expect((await recipe.next()).stderr).toContain('bob has the rights of the role writer');
  expect((await recipe.next()).stdout).toContain('web/**');
  const explained = await recipe.next();
  expect(explained.stdout).toMatch(/web\/app.*push/s);
  expect((await recipe.next()).stdout).toMatch(
    /^alice +private +pull,push +any address +grant to group:web/m,
  );
  expect((await recipe.next()).stderr).toContain('bob is removed');
  recipe.finish();
});

needs('openssl')('docs/own-pki.md', () => {
  test('creates a sub-CA that dockpass accepts, and a trust bundle that contains it alone', async () => {
    const root = await (await ownPki()).root({ kind: ec });
    const recipe = await openRecipe('docs/own-pki.md');
    await copyFile(root.certificate, join(recipe.directory, 'root.crt'));
    await copyFile(root.key, join(recipe.directory, 'root.key'));
    await recipe.next();
    await writeFile(join(recipe.directory, 'dockpass.yml'), recipe.shown('yaml'));
    const bundle = (await recipe.next()).stdout;
    expect(bundle.match(/BEGIN/g)).toHaveLength(1);
    expect(new X509Certificate(bundle).subject).toBe('O=Example\nOU=dockpass\nCN=Token signing');
    recipe.finish();
  });
});

needs('nginx', 'caddy')('docs/edges.md', () => {
  test('writes files that each edge accepts unchanged', async () => {
    const root = await temporaryDirectory('edges');
    const sites = join(root, 'conf.d');
    await mkdir(sites);
    const main = join(root, 'nginx.conf');
    await writeFile(main, `pid ${root}/pid;\nevents {}\nhttp { include ${sites}/*.conf; }\n`);
    const recipe = await openRecipe('docs/edges.md', {
      replace: [['/etc/nginx/conf.d', sites]],
      programs: { nginx: [part('nginx'), '-e', 'stderr', '-p', root, '-c', main] },
    });
    await recipe.next();
    expect((await recipe.next()).stderr).toContain('test is successful');
    expect((await recipe.next()).stdout).toContain('Valid configuration');
    await recipe.next();
    recipe.finish();
  });
});
