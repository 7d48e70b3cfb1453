import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { formResults } from '../support/client/form-results.ts';
import { ofEachKind, startSetup } from '../support/edge/registry-behind-edge.ts';
import { handMadeImage, type HandMadeImage } from '../support/registry/image.ts';
import { needs } from '../support/run/parts.ts';
import { basic } from '../support/network/raw-http.ts';
import { registryPart } from '../support/registry/registry.ts';

// Clients that send user name and password with each request and do not use tokens: a user interface of a registry, a
// script with curl -u, a browser. https://distribution.github.io/distribution/spec/api/

const password = 'correct horse battery staple';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';

const recordResult = formResults('basic');

for (const setup of ofEachKind) {
  const { registry, edge } = setup;
  needs(registryPart(registry), edge)(`user name and password, registry ${registry} behind ${edge}`, () => {
    const recorded = (steps: () => Promise<void>) =>
      recordResult('name and password with each request', setup, steps);
    let port: number;
    let image: HandMadeImage;
    let layer: Uint8Array<ArrayBuffer>;
    let manifest: string;
    beforeAll(async () => {
      const running = await startSetup(setup);
      // fetch has no option for a CA certificate, so these tests use an edge without TLS.
      port = await running.openPlainEdge();
      for (const role of ['admin', 'writer', 'reader'] as const)
        await running.addUser(`a-${role}`, password, role);
      image = await handMadeImage(300_000);
      layer = new Uint8Array(await readFile(image.layerFile));
      manifest = await readFile(blobFile(image.manifestDigest), 'utf8');
    });

    const blobFile = (digest: string): string => join(image.directory, 'blobs', 'sha256', digest.slice(7));

    /** Sends a request with an Origin header, as fetch does in a browser. */
    function ask(user: string, path: string, options: RequestInit = {}): Promise<Response> {
      const headers = { ...(options.headers as Record<string, string>), Origin: 'http://ui.example.test' };
      return fetch(new URL(path, `http://localhost:${port}`), {
        ...options,
        headers: { ...headers, Authorization: basic(user, password) },
      });
    }

    async function upload(repository: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
      const begun = await ask('a-writer', `/v2/${repository}/blobs/uploads/`, { method: 'POST' });
      expect(begun.status).toBe(202);
      let at = begun.headers.get('location') ?? '';
      const half = Math.floor(bytes.length / 2);
      for (const [from, to] of [
        [0, half],
        [half, bytes.length],
      ] as const) {
        const chunk = await ask('a-writer', at, {
          method: 'PATCH',
          body: bytes.subarray(from, to),
          headers: { 'Content-Type': 'application/octet-stream', 'Content-Range': `${from}-${to - 1}` },
        });
        expect(chunk.status).toBe(202);
        at = chunk.headers.get('location') ?? '';
      }
      const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
      const end = `${at}${at.includes('?') ? '&' : '?'}digest=${digest}`;
      expect((await ask('a-writer', end, { method: 'PUT' })).status).toBe(201);
    }

    test('uploads in chunks, mounts from another repository, and writes a manifest', () =>
      recorded(async () => {
        await upload('team/app', layer);
        const { config } = JSON.parse(manifest) as { config: { digest: string } };
        await upload('team/app', new Uint8Array(await readFile(blobFile(config.digest))));
        const from = `mount=${image.layerDigest}&from=team/app`;
        const mounted = await ask('a-writer', `/v2/team/other/blobs/uploads/?${from}`, { method: 'POST' });
        expect([mounted.status, mounted.headers.get('docker-content-digest')]).toEqual([
          201,
          image.layerDigest,
        ]);
        const put = await ask('a-writer', '/v2/team/app/manifests/1', {
          method: 'PUT',
          body: manifest,
          headers: { 'Content-Type': manifestType },
        });
        expect(put.status).toBe(201);
      }));

    test('returns tags, a manifest and a blob to a reader, and the list of repositories', () =>
      recorded(async () => {
        const reads = async (user: string, path: string) =>
          (await ask(user, path, { headers: { Accept: manifestType } })).text();
        expect(JSON.parse(await reads('a-reader', '/v2/team/app/tags/list'))).toEqual({
          name: 'team/app',
          tags: ['1'],
        });
        expect(await reads('a-reader', '/v2/team/app/manifests/1')).toBe(manifest);
        const blob = await ask('a-reader', `/v2/team/other/blobs/${image.layerDigest}`);
        expect(Buffer.from(await blob.arrayBuffer()).equals(layer)).toBe(true);
        const { repositories } = JSON.parse(await reads('a-reader', '/v2/_catalog')) as {
          repositories: string[];
        };
        expect(repositories).toContain('team/app');
        expect((await ask('a-reader', '/v2/')).status).toBe(200);
      }));

    test('denies missing rights with a message, and rejects a wrong password with one challenge', () =>
      recorded(async () => {
        for (const [user, method, path] of [
          ['a-reader', 'POST', '/v2/team/app/blobs/uploads/'],
          ['a-writer', 'DELETE', `/v2/team/app/manifests/${image.manifestDigest}`],
          ['a-reader', 'DELETE', `/v2/team/app/manifests/${image.manifestDigest}`],
        ] as const) {
          const answer = await ask(user, path, { method });
          expect(answer.status).toBe(403);
          const { errors } = (await answer.json()) as { errors: { code: string; message: string }[] };
          expect(errors[0]?.code).toBe('DENIED');
          expect(errors[0]?.message).toContain(user);
        }
        const wrong = await fetch(`http://localhost:${port}/v2/team/app/tags/list`, {
          headers: { Authorization: basic('a-reader', 'wrong') },
        });
        expect(wrong.status).toBe(401);
        expect(wrong.headers.get('www-authenticate')).toMatch(/^Bearer realm="[^"]*",service="registry"$/);
        expect(await wrong.text()).toContain('wrong user name or password');
      }));

    test('accepts requests with a large Cookie header from a browser', () =>
      recorded(async () => {
        const headers = { Cookie: `other-page=${'x'.repeat(20_000)}` };
        for (const path of ['/v2/team/app/tags/list', '/auth/token?service=registry'])
          expect((await ask('a-reader', path, { headers })).status).toBe(200);
      }));

    test('lets an admin delete a manifest', () =>
      recorded(async () => {
        const path = `/v2/team/app/manifests/${image.manifestDigest}`;
        expect((await ask('a-admin', path, { method: 'DELETE' })).status).toBe(202);
        expect((await ask('a-reader', path)).status).toBe(404);
      }));
  });
}
