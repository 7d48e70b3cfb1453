import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import type { TagHistory } from '../../src/store/store.ts';
import type { UsageEventView } from '../../src/usage/read-events.ts';
import type { UsageView } from '../../src/usage/read-usage.ts';
import { craneClient } from '../support/client/clients.ts';
import { startServe, type DockpassServer } from '../support/dockpass/dockpass.ts';
import { openEdge } from '../support/edge/edge-process.ts';
import { handMadeImage } from '../support/registry/image.ts';
import { startZot } from '../support/registry/zot.ts';
import { afterwards } from '../support/run/afterwards.ts';
import { registerSecret } from '../support/run/evidence.ts';
import { needs } from '../support/run/parts.ts';
import { freePort } from '../support/run/ports.ts';
import { temporaryDirectory } from '../support/run/temp.ts';
import { testAuthority } from '../support/tls/tls.ts';

// zot 2 sends its events to dockpass.

const password = 'correct horse battery staple';
registerSecret(password);

interface Relayed {
  readonly type: unknown;
  readonly answers: readonly number[];
}

/** Starts a server between zot and dockpass that sends each event to dockpass twice. */
async function startRepeater(target: string): Promise<{ url: string; relayed: readonly Relayed[] }> {
  const relayed: Relayed[] = [];
  const server = createServer((request, response) => {
    const relay = async (): Promise<void> => {
      const body = await buffer(request);
      const headers = Object.entries(request.headers).flatMap(([name, value]): [string, string][] =>
        name === 'authorization' || name === 'content-type' || name.startsWith('ce-')
          ? [[name, String(value)]]
          : [],
      );
      const send = async () => (await fetch(target, { method: 'POST', headers, body })).status;
      const answers = [await send(), await send()];
      relayed.push({ type: request.headers['ce-type'], answers });
      response.writeHead(answers[0] ?? 500).end();
    };
    relay().catch(() => response.writeHead(502).end());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  afterwards(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`, relayed };
}

async function tagsOf({ directory }: DockpassServer, repository: string): Promise<readonly TagHistory[]> {
  const store = await openStore(join(directory, 'data', 'dockpass.db'));
  try {
    return (await store.usage.history(repository)).tags;
  } finally {
    await store.close();
  }
}

needs(
  'zot-2',
  'caddy',
  'crane',
  'openssl',
)('the events of zot 2', () => {
  test('show pushes and deletions, each event once, and none with a wrong token', async () => {
    const [secret, wrong] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')];
    registerSecret(secret);
    const listen = `127.0.0.1:${await freePort()}`;
    const server = await startServe({ config: { events: { listen, secret } } });
    await server.addUser('boss', password, 'admin');
    const repeater = await startRepeater(`http://${listen}/events`);
    const authority = await testAuthority();
    const env = { SSL_CERT_FILE: authority.certificateFile };
    const boss = await craneClient();
    const open = async (events: { readonly url: string; readonly token: string }) => {
      const port = await freePort();
      const edge = (await openEdge('caddy', { authority, registry: port, dockpass: server.port })).localhost;
      const zot = await startZot(server, { program: 'zot-2', port, edge, events });
      await boss.login(edge, 'boss', password);
      return { zot, edge };
    };
    const usageOf = async (...args: readonly string[]): Promise<unknown> =>
      JSON.parse((await server.must(['usage', ...args, '--json'])).stdout);
    const image = await handMadeImage();

    const { edge } = await open({ url: repeater.url, token: secret });
    await boss.must(['push', image.directory, `${edge}/team/app:1`], { env });
    await boss.must(['pull', `${edge}/team/app:1`, join(await temporaryDirectory('pulled'), 'image.tar')], {
      env,
    });
    await expect
      .poll(() => tagsOf(server, 'team/app'))
      .toMatchObject([{ name: '1', digest: image.manifestDigest }]);
    await boss.must(['delete', `${edge}/team/app:1`], { env });
    await expect
      .poll(() => tagsOf(server, 'team/app'))
      .toMatchObject([{ name: '1', push: undefined, digest: undefined }]);
    // The order of the events is not fixed.
    await expect
      .poll(() => repeater.relayed.map(({ type }) => type).sort())
      .toEqual(['zotregistry.image.deleted', 'zotregistry.image.updated', 'zotregistry.repository.created']);
    expect(repeater.relayed.map(({ answers }) => answers)).toEqual(Array(3).fill([200, 200]));

    const refused = await open({ url: `http://${listen}/events`, token: wrong });
    await boss.must(['push', image.directory, `${refused.edge}/team/other:1`], { env });
    await expect.poll(() => refused.zot.output()).toContain('failed to publish event');

    expect((await usageOf()) as UsageView[]).toMatchObject([
      { name: 'team/app:1', digest: image.manifestDigest, pushes: 1, lastPushedBy: null, pulls: 0 },
    ]);
    expect((await usageOf('team/app', '--events')) as UsageEventView[]).toMatchObject([
      { name: 'team/app:1', action: 'push', user: null, client: expect.stringContaining('crane/') as string },
    ]);
    // Audit rows are written in groups, so the last ones are there a little later.
    await expect
      .poll(async () => (await server.must(['audit'])).stdout)
      .toMatch(/granted repository:team\/app:pull,push,delete/);
  });
});
