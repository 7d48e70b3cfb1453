import request from 'supertest';
import { beforeAll, expect, test } from 'vitest';
import { startServe, type DockpassServer } from '../support/dockpass/dockpass.ts';
import { createPusher, mediaTypes, type Pusher } from '../support/registry/push.ts';
import { registryPart, startShippedRegistry, type Registry } from '../support/registry/registry.ts';
import { createRepositories } from '../support/registry/storage.ts';
import { needs } from '../support/run/parts.ts';
import { freePort } from '../support/run/ports.ts';

const host = 'pub.example.com:5001';
const text = 'Ask <team> for help.\n\nSecond & last.';

interface World {
  readonly server: DockpassServer;
  readonly registry: Registry;
  readonly push: Pusher;
}

async function startWorld(settings: Readonly<Record<string, unknown>> = {}): Promise<World> {
  const port = await freePort();
  const config = {
    registries: [`http://127.0.0.1:${port}`],
    publicDomains: ['pub.example.com'],
    publicRepositories: ['public/**', 'many/*', 'mixed/*'],
    policy: [
      { deny: ['pull'], to: ['everyone'], on: ['mixed/secret'], realm: 'public' },
      { deny: ['pull'], to: ['everyone'], on: ['mixed/inside'], from: ['192.0.2.0/24'] },
    ],
    ...settings,
  };
  const server = await startServe({ config });
  const registry = await startShippedRegistry('3.1', server, {}, port);
  return { server, registry, push: await createPusher(server, registry) };
}

needs(registryPart('3.1'))('the public catalog', () => {
  let world: World;
  const visit = (path: string, { method = 'get', ...headers }: Record<string, string> = {}) =>
    request(world.server.url)
      [method as 'get' | 'head' | 'post'](path)
      .set({ Host: host, ...headers });

  beforeAll(async () => {
    world = await startWorld({ publicCatalogTitle: 'Images of <Example>', publicCatalogText: text });
    const { push, registry } = world;
    const image = { layer: 'x'.repeat(2_000_000), config: { os: 'linux', architecture: 'amd64' } };
    const amd64 = await push.image('public/app', { ...image }, '1.0');
    await push.image('public/app', { layer: 'signature' }, `${amd64.digest.replace(':', '-')}.sig`);
    const hostile = { os: 'linux', architecture: '"><script>alert(1)</script>' };
    await push.image('public/hostile', { layer: 'h', config: hostile }, '<latest>'.replace(/[<>]/g, '_'));
    for (const name of ['private/app', 'mixed/secret', 'mixed/inside', 'mixed/open'])
      await push.image(name, { layer: name }, 'latest');
    const names = Array.from({ length: 1100 }, (_, at) => `many/app-${String(at).padStart(4, '0')}`);
    await createRepositories(registry.storage, [
      ...names,
      'public/<img src=x onerror=alert(1)>',
      'public/line\nbreak',
    ]);
    const index = {
      schemaVersion: 2,
      mediaType: mediaTypes.index,
      manifests: [{ ...amd64, platform: { os: 'linux', architecture: 'amd64' } }],
    };
    await push.manifest('public/app', index, 'multi');
  });

  test('lists what anyone may pull, at most 1000 repositories a page', async () => {
    const first = await visit('/auth/');
    expect(first.status).toBe(200);
    expect(first.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(first.text.match(/<li>/g)).toHaveLength(1000);
    const next = /<link rel="next" href="([^"]+)"/.exec(first.text)?.[1]?.replaceAll('&#38;', '&') ?? '';
    expect(first.text).toContain(`rel="next" href="${next}"`);
    const second = await visit(next);
    const both = first.text + second.text;
    for (const name of ['many/app-0000', 'many/app-1099', 'mixed/inside', 'mixed/open', 'public/app'])
      expect(both).toContain(`href="/auth/repositories/${name}"`);
    expect(second.text).not.toContain('rel="next"');
    expect(both).not.toMatch(/private|secret|onerror|line/);
  });

  test('shows the title and the text of the operator, escaped', async () => {
    const { text: page } = await visit('/auth/?q=public');
    expect(page).toContain('<h1>Images of &#60;Example&#62;</h1>');
    expect(page).toContain('<p>Ask &#60;team&#62; for help.</p>');
    expect(page).toContain('<p>Second &#38; last.</p>');
  });

  test('searches without JavaScript, and shows the text harmlessly', async () => {
    const found = await visit('/auth/?q=app-1099');
    expect(found.text).toContain('/auth/repositories/many/app-1099');
    expect(found.text).not.toContain('app-1098');
    const hostile = await visit(`/auth/?q=${encodeURIComponent('"><script>')}`);
    expect(hostile.text).toContain('value="&#34;&#62;&#60;script&#62;"');
    expect(hostile.text).not.toContain('<script');
    expect((await visit('/auth/?q=secret')).text).toContain('No public repository');
  });

  test('a repository has a page with tags, sizes and a pull command for each tag', async () => {
    const { status, text: page } = await visit('/auth/repositories/public/app');
    expect(status).toBe(200);
    expect(page).toContain('docker pull pub.example.com:5001/public/app:1.0</code>');
    expect(page).toContain('docker pull pub.example.com:5001/public/app:multi</code>');
    expect(page).toContain('<li>2 MB</li>');
    expect(page).toContain('linux/amd64');
    expect(page).toContain('signed');
    expect(page).not.toContain('.sig');
  });

  test('a hostile image configuration is harmless', async () => {
    const { text: page } = await visit('/auth/repositories/public/hostile');
    expect(page).toContain('public/hostile:_latest_');
    expect(page).not.toContain('<script');
  });

  test('a private repository has the same page as an unknown one', async () => {
    const unknown = await visit('/auth/repositories/public/unknown');
    expect(unknown.status).toBe(404);
    for (const name of ['private/app', 'mixed/secret', 'private/unknown', 'A%00', '%zz', '..%2Fx', '']) {
      const page = await visit(`/auth/repositories/${name}`);
      expect([name, page.status, page.text]).toEqual([name, 404, unknown.text]);
      expect(Object.keys(page.headers).sort()).toEqual(Object.keys(unknown.headers).sort());
    }
  });

  test('a rule for networks counts with the address of the visitor', async () => {
    const inside = { 'X-Forwarded-For': '192.0.2.7' };
    expect((await visit('/auth/repositories/mixed/inside')).status).toBe(200);
    expect((await visit('/auth/repositories/mixed/inside', inside)).status).toBe(404);
    expect((await visit('/auth/?q=mixed', inside)).text).not.toContain('inside');
    // Such a page must not be stored by a cache that other visitors use.
    expect((await visit('/auth/')).headers['cache-control']).toBe('private, max-age=10');
  });

  test('sets no cookie, and allows only files of this host', async () => {
    for (const path of [
      '/auth/',
      '/auth/repositories/public/app',
      '/auth/repositories/no',
      '/auth/robots.txt',
    ]) {
      const { headers, text: body } = await visit(path, { Cookie: 'a=b' });
      expect(headers['set-cookie']).toBeUndefined();
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(headers['content-security-policy']).not.toContain('unsafe');
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(body).not.toMatch(/<script|<style| style=| on\w+=|https?:/);
    }
  });

  test('answers HEAD and conditional requests, and no other method', async () => {
    const page = await visit('/auth/');
    const head = await visit('/auth/', { method: 'head' });
    expect([head.status, head.text]).toEqual([200, undefined]);
    expect(head.headers['content-length']).toBe(page.headers['content-length']);
    const unchanged = await visit('/auth/', { 'If-None-Match': String(page.headers['etag']) });
    expect([unchanged.status, unchanged.text]).toEqual([304, '']);
    for (const path of ['/auth/', '/auth/repositories/public/app']) {
      const post = await visit(path, { method: 'post' });
      expect([post.status, post.headers['allow']]).toEqual([405, 'GET, HEAD']);
    }
  });

  test('serves its stylesheet, icon and robots.txt', async () => {
    const { text: page } = await visit('/auth/');
    const path = /<link rel="stylesheet" href="([^"]+)"/.exec(page)?.[1] ?? '';
    const css = await visit(path);
    expect([css.status, css.headers['content-type']]).toEqual([200, 'text/css; charset=utf-8']);
    expect((await visit('/auth/catalog.svg')).headers['content-type']).toBe('image/svg+xml');
    expect((await visit('/auth/robots.txt')).text).toBe('User-agent: *\nAllow: /auth/\nDisallow: /v2/\n');
  });

  test('does not exist under a private domain', async () => {
    const { text: page } = await visit('/auth/', { Host: 'registry.example.com' });
    expect(page).not.toContain('Example');
    const path = '/auth/repositories/public/app';
    expect((await visit(path, { Host: 'registry.example.com' })).status).toBe(404);
  });

  test('does not exist if publicCatalog is false', async () => {
    const { server } = await startWorld({ publicCatalog: false });
    for (const path of ['/auth/', '/auth/repositories/public/app', '/auth/robots.txt']) {
      const { status, headers } = await request(server.url).get(path).set('Host', host);
      expect([status, headers['content-type']]).toEqual([404, 'application/json']);
    }
  });

  test('says so if the registry does not answer', async () => {
    const down = await startWorld();
    await down.registry.process.stop();
    const { status, headers, text: page } = await request(down.server.url).get('/auth/').set('Host', host);
    expect([status, headers['retry-after']]).toEqual([503, '10']);
    expect(page).toContain('Not available right now');
    expect(page).not.toContain('127.0.0.1');
  });
});
