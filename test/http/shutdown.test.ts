import { connect } from 'node:net';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { privateHost, publicHost, startIssuer } from '../support/dockpass/issuer.ts';
import { basic, parseAnswer, readAll } from '../support/network/raw-http.ts';

describe('stopping the server', () => {
  test('answers requests in flight, also on keep-alive connections', async () => {
    const issuer = await startIssuer();
    await issuer.addUser('alice', 'correct horse battery');
    const answers = Array.from({ length: 8 }, async () => {
      const socket = connect(issuer.port, '127.0.0.1');
      const answer = readAll(socket);
      await once(socket, 'connect');
      const head = `GET /auth/token HTTP/1.1\r\nHost: ${privateHost}\r\nAuthorization: ${basic('alice', 'correct horse battery')}\r\n\r\n`;
      // The request is sent before the server is stopped below. Its response still has to wait for a password hash.
      await new Promise((resolve) => socket.write(head, resolve));
      return parseAnswer(await answer)?.status;
    });
    const seen = issuer.get(privateHost).auth('alice', 'correct horse battery');
    expect((await seen).status).toBe(200);
    await issuer.stop();
    expect(await Promise.all(answers)).toEqual(Array.from({ length: 8 }, () => 200));
  });

  test('does not wait for a request that is never completed', async () => {
    const issuer = await startIssuer();
    const socket = connect(issuer.port, '127.0.0.1');
    const closed = readAll(socket);
    await new Promise((resolve) =>
      socket.write(`GET /auth/token HTTP/1.1\r\nHost: ${publicHost}\r\n`, resolve),
    );
    // If the server answers a later connection, it has also accepted the first one.
    expect((await issuer.get(publicHost)).status).toBe(200);
    await issuer.stop();
    await closed;
  });

  test('writes the pending events of the audit log', async () => {
    const { openStore } = await import('../../src/store/open-store.ts');
    const issuer = await startIssuer();
    await issuer.get(publicHost, 'scope=repository:a:pull');
    await issuer.stop();
    const store = await openStore(issuer.config.database);
    const [event] = await store.auditLog.list({});
    await store.close();
    expect(event).toMatchObject({
      outcome: 'issued',
      granted: 'repository:a:pull',
      realm: 'public',
      host: publicHost,
    });
  });
});
