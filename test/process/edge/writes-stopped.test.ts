import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { IncomingMessage } from 'node:http';
import { startWrites, stopWrites } from '../../../src/writes/writes-stop.ts';
import type { EdgeKind } from '../../support/edge/edge-process.ts';
import { reach, type Reached } from '../../support/edge/recording-servers.ts';
import { needs } from '../../support/run/parts.ts';
import { basic } from '../../support/network/raw-http.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

// The registry and dockpass are replaced by servers that record the requests they receive.

const edgeKinds: readonly EdgeKind[] = ['caddy', 'nginx', 'traefik'];
const stop = { since: 0, by: 'a test', reason: 'command' } as const;
const bearer = { authorization: 'Bearer abc' };
const login = { authorization: basic('alice', 'secret') };

describe.each(edgeKinds)('edge %s', (kind) => {
  needs(kind)('while writes are stopped', () => {
    let at: Reached;
    let folder: string;
    beforeAll(async () => {
      // Characters that are special in the configuration of at least one edge.
      folder = join(await temporaryDirectory('writes'), kind === 'traefik' ? 'writes' : oddName);
      await mkdir(folder);
      at = await reach(kind, { kind: 'off' }, [], {}, folder);
    });
    const statusOf = async (method: string, path: string): Promise<number> =>
      (await at.send(method, path, bearer)).status;

    test('follows within a second, answers 503 with the text of dockpass, and lets pulls pass', async () => {
      expect(await statusOf('POST', '/v2/a/blobs/uploads/')).toBe(200);
      expect(at.dockpass.count).toBe(0);
      await stopWrites(folder, stop);
      await expect
        .poll(() => statusOf('POST', '/v2/a/blobs/uploads/'), { timeout: 1000, interval: 20 })
        .toBe(503);
      const before = at.registry.count;
      for (const method of ['POST', 'PATCH', 'PUT', 'DELETE'])
        for (const headers of [bearer, login, {}]) {
          const answer = await at.send(method, '/v2/a/manifests/1', headers);
          expect(answer.status).toBe(503);
          expect(answer.headers['retry-after']).toBe('60');
          expect(answer.headers['docker-distribution-api-version']).toBe('registry/2.0');
          expect(JSON.parse(answer.body)).toHaveProperty(
            'errors[0].message',
            'garbage collection is running',
          );
        }
      expect(at.registry.count).toBe(before);
      const asked = at.dockpass.count;
      expect(await statusOf('GET', '/v2/a/manifests/1')).toBe(200);
      expect(await statusOf('HEAD', '/v2/a/blobs/sha256:0')).toBe(200);
      expect([at.registry.count, at.dockpass.count]).toEqual([before + 2, asked]);
    });

    test('passes on the requests that dockpass allows, with their own credentials', async () => {
      await at.send('PUT', '/v2/begun/manifests/1?a=b', bearer, 'a body');
      expect(at.registry.last).toMatchObject({ url: '/v2/begun/manifests/1?a=b', body: 'a body' });
      expect(at.registry.last?.headers.authorization).toBe('Bearer abc');
      expect(at.registry.last?.headers).not.toHaveProperty('x-dockpass-writes');
      if (kind === 'traefik') return;
      await at.send('PUT', '/v2/begun/manifests/1', login);
      expect(at.registry.last?.headers.authorization).toBe('Bearer given');
    });

    test('does not cut an upload that is being sent', async () => {
      await startWrites(folder);
      await expect
        .poll(() => statusOf('POST', '/v2/a/blobs/uploads/'), { timeout: 1000, interval: 20 })
        .toBe(200);
      const upload = at.open('PATCH', '/v2/a/blobs/uploads/1', bearer);
      upload.write(Buffer.alloc(100_000));
      await expect.poll(() => at.registry.last?.bytes).toBe(100_000);
      await stopWrites(folder, stop);
      await expect
        .poll(() => statusOf('POST', '/v2/b/blobs/uploads/'), { timeout: 1000, interval: 20 })
        .toBe(503);
      upload.end(Buffer.alloc(100_000));
      const [response] = (await once(upload, 'response')) as [IncomingMessage];
      expect(response.statusCode).toBe(200);
      response.resume();
    });
  });
});

const oddName = `a b[c]{d}*?"q'$x\\y`;
