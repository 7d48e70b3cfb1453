import request from 'supertest';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { publicHost, privateHost, startIssuer, type TestIssuer } from '../support/dockpass/issuer.ts';
import { registerSecret } from '../support/run/evidence.ts';
import type { UsedImage } from '../../src/store/store.ts';

const secret = 'a-test-secret-for-the-events-of-a-registry';
registerSecret(secret);

const manifest = 'application/vnd.oci.image.manifest.v1+json';
const noon = '2026-03-01T11:00:00.123456789Z';

/** Most tests share one server, and each uses a repository of its own. */
let shared: Awaited<ReturnType<typeof startOwn>>;
let repository = '';
beforeAll(async () => {
  shared = await startOwn();
});
beforeEach(({ task }) => {
  repository = `team/${task.id}`;
});

async function startOwn(): Promise<TestIssuer & { readonly eventsUrl: string }> {
  const issuer = await startIssuer({ events: { listen: '127.0.0.1:0', secret } });
  return Object.assign(issuer, { eventsUrl: `http://127.0.0.1:${issuer.server.events?.port}` });
}

interface EventChange {
  readonly target?: object;
  readonly request?: object;
  readonly [key: string]: unknown;
}

let count = 0;

function eventOf({ target, request: asked, ...change }: EventChange = {}): object {
  return {
    id: `event-${++count}`,
    timestamp: noon,
    action: 'pull',
    target: {
      mediaType: manifest,
      digest: 'sha256:a',
      size: 1,
      repository,
      tag: 'v1',
      ...target,
    },
    request: {
      ...{ id: 'r', addr: '192.0.2.1:4711', host: privateHost, method: 'GET', useragent: 'docker/29' },
      ...asked,
    },
    actor: { name: 'alice' },
    source: { addr: 'registry:5000', instanceID: 'i' },
    ...change,
  };
}

const post = (url: string, body: string | object, authorization = `Bearer ${secret}`) =>
  request(url)
    .post('/events')
    .set({
      ...(authorization !== '' && { Authorization: authorization }),
      'Content-Type': 'application/vnd.docker.distribution.events.v2+json',
    })
    .send(typeof body === 'string' ? body : JSON.stringify(body));

const send = (url: string, ...events: readonly unknown[]) => post(url, { events });

/** Returns the images of the repository of this test. */
const imagesOf = ({ server }: TestIssuer): Promise<UsedImage[]> =>
  server.store.usage.images({ limit: 1000, afterId: 0, repository });

describe('the address for events', () => {
  test.each([
    ['no secret', ''],
    ['another secret', `Bearer ${secret}x`],
    ['a part of the secret', `Bearer ${secret.slice(1)}`],
    ['the secret in Basic', `Basic ${Buffer.from(`a:${secret}`).toString('base64')}`],
    ['the secret without Bearer', secret],
    ['an empty secret', 'Bearer '],
  ])('answers 401 to %s, and stores nothing (attack 110)', async (_, authorization) => {
    const issuer = shared;
    const answer = await post(issuer.eventsUrl, { events: [eventOf()] }, authorization);
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, 'Bearer']);
    expect(answer.text).not.toContain(secret);
    expect(await imagesOf(issuer)).toEqual([]);
  });

  test('answers 200 when an event is stored, in each form of the envelope', async () => {
    const issuer = shared;
    for (const type of [
      'application/vnd.docker.distribution.events.v1+json',
      'application/vnd.docker.distribution.events.v2+json',
      'application/json',
    ]) {
      const sent = post(issuer.eventsUrl, { events: [eventOf()] }).set('Content-Type', type);
      expect((await sent).status).toBe(200);
    }
    expect(await imagesOf(issuer)).toMatchObject([
      {
        ...{ repository, tag: 'v1', digest: 'sha256:a', domain: 'private', pulls: 3 },
        ...{ lastPulledAt: Date.parse('2026-03-01T11:00:00.123Z'), lastPulledBy: 'alice', pushes: 0 },
      },
    ]);
  });

  test('counts the same event once, even if it arrives many times at once (attack 111)', async () => {
    const issuer = shared;
    const event = eventOf();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => send(issuer.eventsUrl, event, event, eventOf())),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(10).fill(200));
    expect(await imagesOf(issuer)).toMatchObject([{ pulls: 11 }]);
  });

  test('answers 413 to 10 MB, with and without a length, and goes on (attack 112)', async () => {
    const issuer = shared;
    const large = JSON.stringify({ events: [eventOf({ padding: 'x'.repeat(10_000_000) })] });
    expect((await post(issuer.eventsUrl, large)).status).toBe(413);
    const chunked = await fetch(`${issuer.eventsUrl}/events`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${secret}` },
      body: new Blob([large]).stream(),
      duplex: 'half',
    });
    expect(chunked.status).toBe(413);
    expect((await send(issuer.eventsUrl, eventOf())).status).toBe(200);
    expect(await imagesOf(issuer)).toMatchObject([{ pulls: 1 }]);
  });

  test('takes an envelope of nearly 8 MiB with thousands of events', async () => {
    const issuer = shared;
    const events = Array.from({ length: 3000 }, () => eventOf({ padding: 'x'.repeat(2000) }));
    expect((await send(issuer.eventsUrl, ...events)).status).toBe(200);
    expect(await imagesOf(issuer)).toMatchObject([{ pulls: 3000 }]);
  });

  test.each([
    ['no JSON', 'x'],
    ['nothing', ''],
    ['a list', '[]'],
    ['null', 'null'],
    ['no events', '{}'],
    ['events that are no list', '{"events": {}}'],
    ['JSON that breaks off', '{"events": [{"id":'],
    ['NUL in a name', () => ({ events: [eventOf({ target: { repository: 'a\0b' } })] })],
    ['NUL in a member that is not stored', () => ({ events: [eventOf({ source: { addr: '\0' } })] })],
    ['NUL next to a good event', () => ({ events: [eventOf(), eventOf({ actor: { name: '\0' } })] })],
  ])('answers 400 to %s, and stores nothing', async (_, body) => {
    const issuer = shared;
    expect((await post(issuer.eventsUrl, typeof body === 'function' ? body() : body)).status).toBe(400);
    expect(await imagesOf(issuer)).toEqual([]);
  });

  test('takes a text that only looks like NUL', async () => {
    const issuer = shared;
    expect((await send(issuer.eventsUrl, eventOf({ actor: { name: String.raw`\u0000` } }))).status).toBe(200);
    expect(await imagesOf(issuer)).toMatchObject([{ lastPulledBy: String.raw`\u0000` }]);
  });

  test.each([
    ['no object', 'x'],
    ['null', null],
    ['a list', []],
    ['no id', () => eventOf({ id: undefined })],
    ['a number as its id', () => eventOf({ id: 7 })],
    ['no timestamp', () => eventOf({ timestamp: undefined })],
    ['a number as its timestamp', () => eventOf({ timestamp: 1 })],
    ['a timestamp that is no time', () => eventOf({ timestamp: '2026-13-45T99:00:00Z' })],
    ['no action', () => eventOf({ action: undefined })],
    ['an unknown action', () => eventOf({ action: 'rename' })],
    ['no target', { id: 'x', timestamp: noon, action: 'pull' }],
    ['a text as its target', { id: 'x', timestamp: noon, action: 'pull', target: 'x' }],
    ['no repository', () => eventOf({ target: { repository: undefined } })],
    ['a list as its repository', () => eventOf({ target: { repository: ['x'] } })],
  ])('skips an event with %s with a log line, and stores the next one', async (_, event) => {
    const issuer = shared;
    expect(
      (
        await send(
          issuer.eventsUrl,
          typeof event === 'function' ? (event as () => object)() : event,
          eventOf(),
        )
      ).status,
    ).toBe(200);
    expect(await imagesOf(issuer)).toMatchObject([{ pulls: 1 }]);
    expect(issuer.logged.join('\n')).toContain('skipped an event of a registry: ');
  });

  test('takes other members of any type', async () => {
    const issuer = shared;
    const odd = [null, 7, 'x', [], {}].flatMap((value) => [
      eventOf({ actor: value }),
      eventOf({ request: { host: value, addr: value, useragent: value } }),
      { ...eventOf(), request: value },
      eventOf({ target: { mediaType: value, references: [value] } }),
    ]);
    expect((await send(issuer.eventsUrl, ...odd)).status).toBe(200);
    const images = await imagesOf(issuer);
    expect(images.reduce((sum, { pulls }) => sum + pulls, 0)).toBe(odd.length);
  });

  test('stores odd texts as they are (attack 114)', async () => {
    const issuer = await startOwn();
    const odd = `Robert'); DROP TABLE users;--\n<script>alert(1)</script>\r\n\u001b[31m"\\ ‮ ${'ä'.repeat(5000)}`;
    const event = { id: odd, actor: { name: odd }, target: { repository: odd, tag: odd, digest: odd } };
    expect((await send(issuer.eventsUrl, eventOf(event), eventOf({ id: '\ud800' }))).status).toBe(200);
    repository = odd;
    expect(await imagesOf(issuer)).toContainEqual(
      expect.objectContaining({ repository: odd, tag: odd, digest: odd, lastPulledBy: odd }),
    );
  });

  test('gives no rights to the actor and the address of an event (attack 113)', async () => {
    const issuer = await startOwn();
    await send(
      issuer.eventsUrl,
      eventOf({ actor: { name: 'boss', role: 'admin' }, request: { addr: '127.0.0.1', host: publicHost } }),
    );
    expect(await issuer.server.store.users.find('boss')).toBeUndefined();
    expect((await issuer.get(privateHost, `account=boss&scope=repository:${repository}:pull`)).status).toBe(
      401,
    );
    expect(await issuer.server.store.auditLog.list({ outcome: 'issued' })).toEqual([]);
  });

  test('tells public domains from private ones by the host of the request', async () => {
    const issuer = shared;
    const hosts = [publicHost, `${publicHost}:8443`, publicHost.toUpperCase(), privateHost, '', 'a b', '::'];
    await send(issuer.eventsUrl, ...hosts.map((host) => eventOf({ request: { host } })));
    const images = await imagesOf(issuer);
    expect(new Map(images.map(({ domain, pulls }) => [domain, pulls]))).toEqual(
      new Map([
        ['public', 3],
        ['private', 4],
      ]),
    );
  });

  test('does not count layers and deletions', async () => {
    const issuer = shared;
    const layer = { mediaType: 'application/octet-stream', tag: undefined };
    await send(
      issuer.eventsUrl,
      eventOf({ target: layer }),
      eventOf({ target: layer, action: 'push' }),
      eventOf({ target: { ...layer, fromRepository: 'x' }, action: 'mount' }),
      eventOf({ action: 'delete' }),
      eventOf({ target: { tag: undefined, url: 'http://r/v2/app/blobs/sha256:a' } }),
    );
    expect(await imagesOf(issuer)).toEqual([]);
  });

  test('joins the HEAD of docker with its GET although each connection has another port', async () => {
    const issuer = shared;
    const asked = { method: 'HEAD', addr: '[2001:db8::1]:1000' };
    await send(issuer.eventsUrl, eventOf({ request: asked }));
    expect(await imagesOf(issuer)).toEqual([]);
    await send(
      issuer.eventsUrl,
      eventOf({ target: { tag: undefined }, request: { addr: '[2001:db8::1]:2000' } }),
    );
    expect(await imagesOf(issuer)).toMatchObject([{ tag: 'v1', pulls: 1 }]);
  });

  describe('of zot', () => {
    /**
     * Sends an event as the HTTP sink of zot does: as a CloudEvent in binary mode. test/e2e/zot-events.test.ts runs zot
     * itself.
     */
    const sendZot = (type: string, data: object, headers: Readonly<Record<string, string>> = {}) =>
      request(shared.eventsUrl)
        .post('/events')
        .set({
          Authorization: `Bearer ${secret}`,
          'Content-Type': 'application/json',
          'Ce-Specversion': '1.0',
          'Ce-Type': type,
          'Ce-Source': 'zotregistry.dev',
          'Ce-Id': `zot-${++count}`,
          'Ce-Time': noon,
          'User-Agent': 'Go-http-client/1.1',
          ...headers,
        })
        .send(JSON.stringify(data));
    const image = (change: object = {}): object => ({
      ...{ name: repository, reference: 'v1', digest: 'sha256:a', mediaType: manifest, manifest: '{}' },
      request: { addr: '127.0.0.1:47776', method: 'PUT', useragent: 'crane/v0.22.1' },
      ...change,
    });

    test('counts a push by tag and by digest, each event once', async () => {
      const updated = 'zotregistry.image.updated';
      for (let round = 0; round < 2; round++)
        expect((await sendZot(updated, image(), { 'Ce-Id': `${repository} once` })).status).toBe(200);
      await sendZot(
        'com.example.registry.image.updated',
        image({ reference: 'sha256:b', digest: 'sha256:b' }),
      );
      expect(await imagesOf(shared)).toMatchObject([
        { tag: 'v1', digest: 'sha256:a', pushes: 1, lastPushedBy: '', domain: 'private', pulls: 0 },
        { tag: null, digest: 'sha256:b', pushes: 1 },
      ]);
    });

    test('stores who pushed and with which client, if zot says so, but not the address of the edge', async () => {
      await sendZot('zotregistry.image.updated', image({ actor: { name: 'alice' } }));
      const [pushed] = await imagesOf(shared);
      expect(pushed).toMatchObject({ pushes: 1, lastPushedBy: 'alice' });
      const events = await shared.server.store.usage.events({ images: [pushed?.id ?? 0], limit: 10 });
      expect(events).toMatchObject([{ actor: 'alice', address: '', userAgent: 'crane/v0.22.1' }]);
    });

    test.each([
      ['no request', { request: undefined }],
      ['texts in place of objects', { request: 'x', actor: 'alice' }],
      ['other members of any type', { request: { useragent: 7 }, actor: { name: ['alice'] } }],
    ])('counts a push by an unknown user for an event with %s', async (_, change) => {
      expect((await sendZot('zotregistry.image.updated', image(change))).status).toBe(200);
      expect(await imagesOf(shared)).toMatchObject([{ pushes: 1, lastPushedBy: '' }]);
    });

    test.each([
      'zotregistry.image.deleted',
      'zotregistry.repository.created',
      'zotregistry.image.lint_failed',
    ])('accepts %s, and counts nothing', async (type) => {
      expect((await sendZot(type, image())).status).toBe(200);
      expect(await imagesOf(shared)).toEqual([]);
    });

    test.each([
      ['no name', { name: undefined }, {}],
      ['no time', {}, { 'Ce-Time': 'soon' }],
    ])('skips an event with %s', async (_, change, headers) => {
      expect((await sendZot('zotregistry.image.updated', image(change), headers)).status).toBe(200);
      expect(await imagesOf(shared)).toEqual([]);
    });

    test('rejects a wrong secret and a body that is not JSON', async () => {
      const wrong = { Authorization: 'Bearer x' };
      expect((await sendZot('zotregistry.image.updated', image(), wrong)).status).toBe(401);
      const answer = await post(shared.eventsUrl, 'x').set('Ce-Type', 'zotregistry.image.updated');
      expect(answer.status).toBe(400);
    });
  });

  test('answers 404 and 405 to other requests', async () => {
    const { eventsUrl, url } = shared;
    expect((await request(eventsUrl).get('/events')).status).toBe(405);
    expect((await request(eventsUrl).post('/')).status).toBe(404);
    expect((await request(eventsUrl).get('/auth/token')).status).toBe(404);
    expect((await post(url, { events: [] })).status).toBe(404);
  });

  test('answers 503 if the database does not answer, so that the registry sends the events again', async () => {
    const issuer = await startOwn();
    await issuer.server.store.close();
    expect((await send(issuer.eventsUrl, eventOf())).status).toBe(503);
    expect(issuer.logged.join('\n')).toContain('cannot store events of a registry');
  });

  test('is closed without a secret', async () => {
    const issuer = await startIssuer({ events: { listen: '127.0.0.1:0' } });
    expect(issuer.server.events).toBeUndefined();
  });
});
