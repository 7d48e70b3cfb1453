import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openRecipe } from '../../support/docs/recipe.ts';
import { dockpassBin, startUp } from '../../support/dockpass/dockpass.ts';
import { handMadeImage } from '../../support/registry/image.ts';
import { registerSecret } from '../../support/run/evidence.ts';
import { needs, part } from '../../support/run/parts.ts';

const password = 'correct horse battery';
registerSecret(password);

needs(
  'registry-3.1',
  'nginx',
  'skopeo',
)('docs/immutable-tags.md', () => {
  test('its commands protect a release, and free it again', async () => {
    const up = await startUp({
      config: 'immutableTags: ["release/**:v*", "team/app:stable"]\nup: { privateDomains: [localhost] }\n',
      args: ['--registry', part('registry-3.1'), '--edge', part('nginx'), '--tls', 'off'],
      env: { REGISTRY_STORAGE_DELETE_ENABLED: 'true' },
      tls: false,
    });
    await up.addUser('root-1', password, 'admin');
    const host = `localhost:${up.edgePort}`;
    const login = Buffer.from(`root-1:${password}`).toString('base64');
    const loginFile = join(up.directory, 'auth.json');
    await writeFile(loginFile, JSON.stringify({ auths: { [host]: { auth: login } } }));
    for (const name of ['first', 'second'])
      await cp((await handMadeImage()).directory, join(up.directory, name), { recursive: true });

    const page = await openRecipe('docs/immutable-tags.md', {
      directory: up.directory,
      env: { ...up.env, REGISTRY_AUTH_FILE: loginFile },
      programs: { dockpass: [process.execPath, dockpassBin] },
      replace: [['docker://registry.example.com', `--dest-tls-verify=false docker://${host}`]],
    });
    expect(page.shown('yaml')).toContain('immutableTags: ["release/**:v*", "team/app:stable"]');
    expect((await page.next()).output).toContain('dockpass.yml is valid');
    expect((await page.next()).output).toContain('dockpass-nginx.conf');
    expect((await page.next()).stdout).toMatch(/as it should be/);
    await expect
      .poll(async () => (await up.cli(['audit'])).stdout, { timeout: 10_000 })
      .toContain('immutable_tag');
    expect((await page.next()).stdout).toContain('release/app:v1.0, pushed by root-1');
    expect((await page.next()).output).not.toContain('tags_not_protected');
    await page.next();
    page.finish();
  });
});
