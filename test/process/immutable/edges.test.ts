import { beforeAll, describe, expect, test } from 'vitest';
import { startServe, type DockpassServer } from '../../support/dockpass/dockpass.ts';
import { openEdge, type EdgeKind } from '../../support/edge/edge-process.ts';
import { ofEachKind } from '../../support/edge/registry-behind-edge.ts';
import { basic, exchange, rawRequest } from '../../support/network/raw-http.ts';
import { manifestClient, type ManifestClient } from '../../support/registry/manifest-client.ts';
import { digestOf } from '../../support/registry/push.ts';
import { mediaTypes } from '../../support/registry/push.ts';
import { registryPart, startShippedRegistry, type RegistryVersion } from '../../support/registry/registry.ts';
import { needs } from '../../support/run/parts.ts';
import { freePort } from '../../support/run/ports.ts';

const password = 'correct horse battery';
const repository = 'release/app';
const isImmutable = /already exists and is immutable/;

interface Lab {
  readonly server: DockpassServer;
  readonly port: number;
  readonly alice: ManifestClient;
  readonly admin: ManifestClient;
}

async function openLab(version: RegistryVersion, kind: EdgeKind): Promise<Lab> {
  const registryPort = await freePort();
  const server = await startServe({
    config: {
      publicDomains: ['127.0.0.1'],
      registries: [`http://127.0.0.1:${registryPort}`],
      immutableTags: ['release/**:v*'],
    },
  });
  await server.addUser('alice', password);
  await server.addUser('root-1', password, 'admin');
  await startShippedRegistry(version, server, { REGISTRY_STORAGE_DELETE_ENABLED: 'true' }, registryPort);
  const { port } = await openEdge(kind, {
    ...{ registry: registryPort, dockpass: server.port, publicDomains: ['127.0.0.1'], immutableTags: true },
  });
  const client = (name: string) => manifestClient({ port }, { name, password });
  return { server, port, alice: client('alice'), admin: client('root-1') };
}

describe.each(ofEachKind)('registry $registry behind $edge', ({ registry, edge }) => {
  needs(registryPart(registry), edge)('immutable tags', () => {
    let lab: Lab;
    beforeAll(async () => {
      lab = await openLab(registry, edge);
    });

    test('the first push gets the answer of the registry; no one can push another image to the tag', async () => {
      const { alice, admin } = lab;
      const [one, two] = [await alice.image(repository), await alice.image(repository)];
      const first = await alice.put(repository, 'v1', one);
      expect(first.status).toBe(201);
      expect(first.headers).toMatchObject({
        'docker-content-digest': digestOf(one),
        'docker-distribution-api-version': 'registry/2.0',
        'x-content-type-options': 'nosniff',
      });
      expect(first.headers.location).toContain(`/v2/${repository}/manifests/${digestOf(one)}`);
      for (const person of [alice, admin]) {
        const again = await person.put(repository, 'v1', two);
        expect(again.status).toBe(403);
        expect(again.headers).toMatchObject({
          'content-type': 'application/json',
          'docker-distribution-api-version': 'registry/2.0',
        });
        const { errors } = JSON.parse(again.body) as { errors: { code: string; message: string }[] };
        expect(errors).toMatchObject([
          { code: 'DENIED', message: expect.stringMatching(isImmutable) as string },
        ]);
      }
      expect([201, 403]).toContain((await alice.put(repository, 'v1', one)).status);
      expect(await alice.digestOf(repository, 'v1')).toBe(digestOf(one));
    });

    test('other tags, other repositories and digests are pushed as often as one likes', async () => {
      const { alice } = lab;
      for (const [name, tag] of [
        [repository, 'latest'],
        ['other', 'v1'],
      ] as const) {
        for (const image of [await alice.image(name), await alice.image(name)]) {
          expect((await alice.put(name, tag, image)).status).toBe(201);
          expect((await alice.put(name, digestOf(image), image)).status).toBe(201);
          expect(await alice.digestOf(name, tag)).toBe(digestOf(image));
        }
      }
    });

    test('of 20 clients that push one new tag at once, exactly one gets 201', async () => {
      const { alice, admin } = lab;
      const images = await Promise.all(Array.from({ length: 20 }, () => alice.image(repository)));
      await admin.bearer(repository);
      const answers = await Promise.all(
        images.map((image, index) => (index % 2 === 0 ? alice : admin).put(repository, 'v20', image)),
      );
      const winners = images.filter((_, index) => answers[index]?.status === 201);
      expect(answers.map(({ status }) => status).toSorted()).toEqual([201, ...Array<number>(19).fill(403)]);
      expect(await alice.digestOf(repository, 'v20')).toBe(digestOf(winners[0] ?? ''));
    });

    test('a client that sends its body slowly cannot overwrite a tag that was pushed meanwhile', async () => {
      const { alice, admin } = lab;
      const [slow, fast] = [await alice.image(repository), await alice.image(repository)];
      const finish = await alice.begin(repository, 'v-slow', slow);
      expect((await admin.put(repository, 'v-slow', fast)).status).toBe(201);
      const late = await finish();
      expect(late.status).toBe(403);
      expect(late.body).toMatch(isImmutable);
      expect(await alice.digestOf(repository, 'v-slow')).toBe(digestOf(fast));
    });

    test('every spelling and form of the request is refused alike', async () => {
      const { alice, port } = lab;
      const [one, two] = [await alice.image(repository), await alice.image(repository)];
      expect((await alice.put(repository, 'v1.9', one)).status).toBe(201);
      const type = { 'Content-Type': mediaTypes.manifest };
      const send = (path: string, headers: Readonly<Record<string, string>> = type) =>
        alice.send('PUT', path, repository, { headers, body: two });
      const exact = `/v2/${repository}/manifests/v1.9`;
      const forms: [what: string, answer: ReturnType<typeof send>][] = [
        [
          'docker type',
          send(exact, { 'Content-Type': 'application/vnd.docker.distribution.manifest.v2+json' }),
        ],
        ['index type', send(exact, { 'Content-Type': mediaTypes.index })],
        ['no type', send(exact, {})],
        ['chunked', send(exact, { ...type, 'Transfer-Encoding': 'chunked' })],
        ['dot', send(`/v2/${repository}/manifests/v1%2e9`)],
        ['letter', send(`/v2/release/%61pp/manifests/v1.9`)],
        ['slash', send(`/v2/release%2Fapp/manifests/v1.9`)],
        ['keyword', send(`/v2/${repository}/%6danifests/v1.9`)],
        ['query', send(`${exact}?a=b`)],
        ['double slash', send(`/v2/release//app/manifests/v1.9`)],
        ['double slash at the start', send(`/${exact}`)],
        ['trailing slash', send(`${exact}/`)],
        ['dot segments', send(`/v2/x/../${repository}/./manifests/v1.9`)],
        ['Basic', send(exact, { ...type, Authorization: basic('root-1', password) })],
      ];
      for (const [what, answer] of forms) {
        const { status, body } = await answer;
        // Traefik itself rejects or redirects some of these paths.
        if (edge !== 'traefik') expect([what, status, isImmutable.test(body)]).toEqual([what, 403, true]);
        else expect([what, status < 300]).toEqual([what, false]);
      }
      const oldHeaders = [
        `Host: localhost:${port}`,
        `Authorization: ${await alice.bearer(repository)}`,
        `Content-Type: ${mediaTypes.manifest}`,
        `Content-Length: ${two.length}`,
      ];
      const old = await exchange(port, rawRequest(`PUT ${exact} HTTP/1.0`, oldHeaders, two));
      expect(old?.status).toBe(403);
      expect(await alice.digestOf(repository, 'v1.9')).toBe(digestOf(one));
    });

    test('a push without a login, with a wrong token or without the right to push is denied by the registry', async () => {
      const { alice } = lab;
      const image = await alice.image(repository);
      const path = `/v2/${repository}/manifests/v-denied`;
      for (const Authorization of ['', 'Bearer wrong', await alice.bearer('other')]) {
        const headers = { 'Content-Type': mediaTypes.manifest, Authorization };
        const answer = await alice.send('PUT', path, repository, { headers, body: image });
        expect(answer.status).toBe(401);
        expect(answer.headers['www-authenticate']).toMatch(
          new RegExp(`^Bearer realm="[^"]*localhost[^"]*/auth/token",.*repository:${repository}:`),
        );
      }
      const headers = {
        'Content-Type': mediaTypes.manifest,
        Authorization: basic('alice', 'wrong password 1'),
      };
      const basicAnswer = await alice.send('PUT', path, repository, { headers, body: image });
      expect(basicAnswer.status).toBe(401);
      expect(basicAnswer.headers['www-authenticate']).toMatch(/^Bearer /);
      expect(await alice.digestOf(repository, 'v-denied')).toBeUndefined();
    });

    test('a push that the registry rejects, or that is too large, leaves the tag free', async () => {
      const { alice } = lab;
      const image = await alice.image(repository);
      const unknown = image.replaceAll(/sha256:[0-9a-f]{8}/g, 'sha256:00000000');
      const rejected = await alice.put(repository, 'v-first', unknown);
      expect(rejected.status).toBe(400);
      expect(rejected.body).toMatch(/BLOB_UNKNOWN/);
      const large = Buffer.from(image.padEnd(4 * 1024 * 1024 + 1));
      expect((await alice.put(repository, 'v-first', large)).status).toBe(413);
      // Traefik itself rejects this one, perhaps before the client has sent everything.
      const larger = await alice
        .put(repository, 'v-first', Buffer.alloc(12 * 1024 * 1024, ' '))
        .catch(() => undefined);
      expect(edge === 'traefik' ? [413, undefined] : [413]).toContain(larger?.status);
      expect((await alice.put(repository, 'v-first', image)).status).toBe(201);
    });

    test('a deleted tag is free', async () => {
      const { alice, admin } = lab;
      const [one, two] = [await alice.image(repository), await alice.image(repository)];
      expect((await alice.put(repository, 'v-gone', one)).status).toBe(201);
      const manifest = `/v2/${repository}/manifests/${digestOf(one)}`;
      expect((await admin.send('DELETE', manifest, repository)).status).toBe(202);
      expect((await alice.put(repository, 'v-gone', two)).status).toBe(201);
    });

    test('a public domain denies a push as before', async () => {
      const { alice, port } = lab;
      const image = await alice.image(repository);
      const headers = {
        ...{ Host: `127.0.0.1:${port}`, 'Content-Type': mediaTypes.manifest },
        Authorization: await alice.bearer(repository),
      };
      const path = `/v2/${repository}/manifests/v-public`;
      const answer = await alice.send('PUT', path, repository, { headers, body: image });
      expect(answer.status).toBe(403);
      expect(answer.body).toMatch(/log in to push|only serves pulls/);
    });

    test('a denied overwrite is in the audit log, with the person and the tag', async () => {
      const { alice, server } = lab;
      const [one, two] = [await alice.image(repository), await alice.image(repository)];
      await alice.put(repository, 'v-audit', one);
      const denied = await alice.put(repository, 'v-audit', two);
      const id = /refusal (\w{12})/.exec(denied.body)?.[1] ?? '';
      const findEvent = async () => (await server.cli(['explain', id])).stdout;
      await expect
        .poll(findEvent, { timeout: 10_000 })
        .toMatch(/immutable_tag: release\/app:v-audit, pushed by alice/);
      expect(await findEvent()).toMatch(/claimed name alice .*repository:release\/app:push/);
      expect(await findEvent()).toContain('dockpass repo delete');
    });

    test('if dockpass is down, such pushes are denied, and pulls go on', async () => {
      const { alice, server } = lab;
      const image = await alice.image(repository);
      await alice.put(repository, 'v-before', image);
      await server.process.stop();
      for (const tag of ['v-down', 'v-before'])
        expect((await alice.put(repository, tag, image)).status).toBeGreaterThanOrEqual(500);
      expect(await alice.digestOf(repository, 'v-before')).toBe(digestOf(image));
      expect(await alice.digestOf(repository, 'v-down')).toBeUndefined();
    });
  });
});
