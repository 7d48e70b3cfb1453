import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { describe, expect, test } from 'vitest';
import { startServe, type DockpassServer } from '../support/dockpass/dockpass.ts';
import { parseAnswer } from '../support/network/raw-http.ts';

// A running server applies a changed configuration, with its rules, completely or not at all. Connections stay open.

const scope = 'scope=repository:team/app:pull';

/** A keep-alive connection for several requests, one after the other. */
interface Connection {
  readonly socket: Socket;
  /** Requests a token. Returns its actions, or the status if no token was issued. */
  ask(): Promise<string>;
  /** Sends the first half of a request. The returned function sends the rest, and returns the same as `ask`. */
  begin(): Promise<() => Promise<string>>;
}

async function openConnection(server: DockpassServer): Promise<Connection> {
  const socket = connect(server.port, '127.0.0.1');
  await once(socket, 'connect');
  const head = `GET /auth/token?service=registry&${scope} HTTP/1.1\r\nHost: pub.example.com\r\n`;
  const write = (text: string) => new Promise<void>((resolve) => void socket.write(text, () => resolve()));
  const begin = async () => {
    await write(head);
    return async (): Promise<string> => {
      const answered = once(socket, 'data') as Promise<[Buffer]>;
      await write('\r\n');
      const answer = parseAnswer(String((await answered)[0]));
      if (answer?.status !== 200) return String(answer?.status);
      const { token } = JSON.parse(answer.body) as { token: string };
      const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
        access: { actions: string[] }[];
      };
      return claims.access.flatMap(({ actions }) => actions).join();
    };
  };
  return { socket, begin, ask: async () => (await begin())() };
}

const open = { publicDomains: ['pub.example.com'] };
const closed = {
  publicDomains: ['pub.example.com'],
  policy: [{ deny: ['pull'], to: ['everyone'], on: ['team/**'] }],
};

async function setting(server: DockpassServer, settings: Readonly<Record<string, unknown>>): Promise<void> {
  await writeFile(join(server.directory, 'dockpass.yml'), stringify(settings));
}

describe('a changed configuration', () => {
  test.each(['SIGHUP', 'a file change alone'])(
    'is applied by %s to open connections and to requests in flight',
    async (by) => {
      const server = await startServe({ config: open });
      const [connection, other] = await Promise.all([openConnection(server), openConnection(server)]);
      expect(await connection.ask()).toBe('pull');
      const finish = await other.begin();
      await setting(server, closed);
      if (by === 'SIGHUP') server.process.signal('SIGHUP');
      await server.process.line(/configuration reloaded/);
      expect(await connection.ask()).toBe('');
      expect(await finish()).toBe('');
      expect([connection.socket.destroyed, other.socket.destroyed]).toEqual([false, false]);
      expect((await server.must(['audit'])).stdout).toContain('configuration reloaded, changed: policy');
    },
  );

  test('with an error changes nothing and is reported in the log, in /readyz and as a metric', async () => {
    const server = await startServe({ config: open });
    const connection = await openConnection(server);
    const operations = async (path: string) => (await fetch(`${server.operationsUrl}${path}`)).text();
    expect(await operations('/metrics')).toContain('dockpass_warning{code="configuration_not_reloaded"} 0');
    // The rules of this configuration are valid, but its value of `catalog` is not.
    await setting(server, { ...closed, catalog: 'everyone' });
    server.process.signal('SIGHUP');
    await server.process.line(/invalid configuration; keeping the previous one/);
    expect(await connection.ask()).toBe('pull');
    // Wait for the warning in the log. Before that, /readyz still shows the result of the previous health check.
    await server.process.line(/configuration_not_reloaded.*dockpass\.yml:\d+: catalog: /);
    expect(JSON.parse(await operations('/readyz'))).toMatchObject({
      status: 'degraded',
      faults: [],
      warnings: [
        { code: 'configuration_not_reloaded', message: expect.stringContaining('catalog') as string },
      ],
    });
    expect(await operations('/metrics')).toContain('dockpass_warning{code="configuration_not_reloaded"} 1');

    await setting(server, closed);
    await server.process.line(/configuration_not_reloaded is over/);
    expect(await connection.ask()).toBe('');
    expect(JSON.parse(await operations('/readyz'))).toMatchObject({ status: 'ready' });
  });
});
