import { chromium, type Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { EdgeKind } from '../../support/edge/edge-process.ts';
import { reach } from '../../support/edge/recording-servers.ts';
import { afterwards } from '../../support/run/afterwards.ts';
import { needs, part } from '../../support/run/parts.ts';

// Attack 130: someone pushes a page or a script, and a browser opens it at the origin of the console.

const edgeKinds: readonly EdgeKind[] = ['caddy', 'nginx', 'traefik'];

// What the browser runs is text here, because the types of a page are not those of Node.
const loadScript = `new Promise((done) => {
  const script = document.createElement('script');
  script.src = '/v2/script';
  script.onload = () => done(document.title === 'the script ran');
  script.onerror = () => done(false);
  document.documentElement.append(script);
})`;
const fetchManifest = `(async () => {
  document.cookie = 'session=secret; path=/';
  const headers = { Authorization: 'Bearer of-the-console' };
  return (await fetch('/v2/team/app/manifests/1', { headers })).status;
})()`;
const writeByCookie = `fetch('/auth/api/v1/me', { method: 'PATCH', body: '{}' }).then(() => undefined)`;

async function openPage(): Promise<Page> {
  const browser = await chromium.launch({
    executablePath: part('chromium'),
    args: ['--no-sandbox', '--no-proxy-server'],
  });
  afterwards(() => browser.close());
  return browser.newPage();
}

describe.each(edgeKinds)('Chromium behind %s', (kind) => {
  needs(kind, 'chromium')('at the origin of the console', () => {
    test('runs neither a page nor a script that was pushed', async () => {
      const at = await reach(kind, { kind: 'off' });
      const page = await openPage();
      const open = (host: string, path: string) => page.goto(`http://${host}${path}`);

      await open(`localhost:${at.port}`, '/v2/page');
      expect(await page.title()).toBe('pushed');
      // Without the headers of the edge, the same answer runs. So the title shows whether it ran.
      await open(`localhost:${at.registry.port}`, '/v2/page');
      expect(await page.title()).toBe('the script ran');

      const runsScript = async (host: string): Promise<boolean> => {
        await open(host, '/');
        return page.evaluate<boolean>(loadScript);
      };
      expect(await runsScript(`localhost:${at.port}`)).toBe(false);
      expect(page.url()).toBe(`http://localhost:${at.port}/auth/`);
      expect(await runsScript(`localhost:${at.registry.port}`)).toBe(true);
    });

    test('requests /v2/ with a token of the console, and keeps the cookie from the registry', async () => {
      const at = await reach(kind, { kind: 'off' });
      const page = await openPage();
      await page.goto(`http://localhost:${at.port}/auth/`);
      const status = await page.evaluate<number>(fetchManifest);
      expect(status).toBe(200);
      expect(at.registry.last).toMatchObject({
        url: '/v2/team/app/manifests/1',
        headers: { authorization: 'Bearer of-the-console', 'sec-fetch-site': 'same-origin' },
      });
      expect(at.registry.last?.headers).not.toHaveProperty('cookie');
      await page.evaluate(writeByCookie);
      expect(at.dockpass.last).toMatchObject({ method: 'PATCH', headers: { cookie: 'session=secret' } });
    });
  });
});
