import { createServer, type AddressInfo, type Server } from 'node:net';
import { expect, test } from 'vitest';
import { listenAt } from '../../../src/net/listen-at.ts';

type Outcome = { readonly family: string; readonly address: string } | { readonly code: string };

/** Returns where the server listens, or the code of the error. */
async function outcomeOf(listen: (server: Server) => Promise<void>): Promise<Outcome> {
  const server = createServer();
  try {
    await listen(server);
    const { family, address } = server.address() as AddressInfo;
    return { family, address };
  } catch (error) {
    return { code: String((error as NodeJS.ErrnoException).code) };
  } finally {
    server.close();
  }
}

test.each(['127.0.0.1', '127.0.0.2', '0.0.0.0', '::1', '::', 'localhost', '192.0.2.1', '2001:db8::1'])(
  'a server listens at %s as server.listen does',
  async (host) => {
    const plain = (server: Server): Promise<void> =>
      new Promise((resolve, reject) => server.once('error', reject).listen(0, host, resolve));
    expect(await outcomeOf((server) => listenAt(server, { host, port: 0 }))).toEqual(await outcomeOf(plain));
  },
);

test.each(['127.0.0.1', 'localhost'])('a port of %s that is in use is an error', async (host) => {
  const first = createServer();
  await listenAt(first, { host, port: 0 });
  const { port } = first.address() as AddressInfo;
  await expect(listenAt(createServer(), { host, port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  first.close();
});

test('a server that listens can fail later without rejecting anything', async () => {
  const server = createServer();
  await listenAt(server, { host: '127.0.0.1', port: 0 });
  expect(server.listenerCount('error')).toBe(0);
  server.close();
});
