import { startWrites, stopWrites } from '../../../src/writes/writes-stop.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import type { EdgeKind } from '../../support/edge/edge-process.ts';
import { reach, type Reached } from '../../support/edge/recording-servers.ts';
import { basic } from '../../support/network/raw-http.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';
import { needs } from '../../support/run/parts.ts';

const kinds: readonly EdgeKind[] = ['caddy', 'nginx', 'traefik'];
const manifest = '/v2/team/app/manifests/v1';
const upload = '/v2/team/app/blobs/uploads/5b2d-1_x.=';
const bearer = { Authorization: 'Bearer given' };

describe.each(kinds)('%s with immutable tags', (kind) => {
  needs(kind)('sends', () => {
    let at: Reached;
    let folder: string;
    beforeAll(async () => {
      folder = await temporaryDirectory('writes');
      at = await reach(kind, { kind: 'off' }, ['203.0.113.0/24'], {}, folder, true);
    });

    /** Sends a request, and returns how many requests each server has received because of it. */
    const count = async (method: string, path: string, headers: Record<string, string>, body?: string) => {
      const before = [at.registry.count, at.dockpass.count] as const;
      await at.send(method, path, { ...headers, ...(body !== undefined && { 'Content-Type': 'a/b' }) }, body);
      return { registry: at.registry.count - before[0], dockpass: at.dockpass.count - before[1] };
    };

    test('each manifest of a push to dockpass in one request, unchanged, without forged headers', async () => {
      const forged = {
        ...{
          'X-Forwarded-Uri': '/v2/other',
          'X-Forwarded-For': '192.0.2.1',
          'X-Forwarded-Host': 'evil.test',
        },
        Cookie: 'session=secret',
      };
      for (const Authorization of ['Bearer given', basic('alice', 'secret')]) {
        const counts = await count('PUT', manifest, { ...forged, Authorization }, '{"a":1}');
        expect(counts).toEqual({ registry: 0, dockpass: 1 });
        expect(at.dockpass.last).toMatchObject({ method: 'PUT', url: manifest, body: '{"a":1}' });
        expect(at.dockpass.last?.headers).toMatchObject({
          ...{ host: 'reg.test', authorization: Authorization, 'content-type': 'a/b' },
          ...{ 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'https' },
        });
        for (const name of ['cookie', 'x-forwarded-uri', ...(kind === 'traefik' ? [] : ['x-forwarded-host'])])
          expect(at.dockpass.last?.headers).not.toHaveProperty(name);
      }
    });

    test.each([
      '/v2/team/app/manifests/v1%2e0',
      '/v2/team%2Fapp/manifests/v1',
      '/v2/team/app/%6danifests/v1?tag=a',
      '/v2/team/app/manifests/v1/',
      '/v2/team//app/manifests//v1',
      '/v2/x/../team/app/manifests/v1',
      '/v2/team/app/blobs/uploads/manifests/v1',
      '/v2/team/app/blobs/uploads/x/../../../manifests/v1',
      '/v2/team/app/blobs/uploads%2Fmanifests%2Fv1',
    ])('no PUT of %s to the registry', async (path) => {
      expect((await count('PUT', path, bearer, '{}')).registry).toBe(0);
    });

    test.each([
      ['POST', '/v2/team/app/blobs/uploads/'],
      ['PATCH', upload],
      ['PUT', `${upload}?digest=sha256:a&_state=b`],
      ['PUT', '/v2/team/manifests/blobs/uploads/1'],
      ['DELETE', manifest],
      ['GET', manifest],
      ['HEAD', manifest],
    ])('%s %s only to the registry', async (method, path) => {
      const body = method === 'PUT' || method === 'PATCH' ? 'layer' : undefined;
      expect(await count(method, path, bearer, body)).toEqual({ registry: 1, dockpass: 0 });
    });

    test('no manifest without asking dockpass while writes are stopped', async () => {
      await stopWrites(folder, { since: 0, by: 'a test', reason: 'command' });
      const statusOf = async (path: string) => (await at.send('PUT', path, bearer, '{}')).status;
      await expect.poll(() => statusOf(manifest), { timeout: 5000 }).toBe(503);
      expect(await statusOf('/v2/begun/manifests/v1')).toBe(200);
      expect(at.dockpass.last?.url).toBe('/v2/begun/manifests/v1');
      await startWrites(folder);
      await expect.poll(() => statusOf(manifest), { timeout: 5000 }).toBe(200);
    });
  });
});
