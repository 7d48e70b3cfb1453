import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { privateHost, refusalIn, startIssuer } from '../support/dockpass/issuer.ts';
import { afterwards } from '../support/run/afterwards.ts';

const password = 'correct horse battery';

test('200 slow bodies of one address delay neither other addresses nor whole requests, and no more are accepted', async () => {
  const issuer = await startIssuer();
  await issuer.addUser('alice', password);
  const form = `grant_type=password&username=alice&password=${encodeURIComponent(password)}`;
  const open = (address: string): Socket => {
    const socket = connect(issuer.port, '127.0.0.1');
    afterwards(() => void socket.destroy());
    socket.on('error', () => undefined);
    const head = [
      'POST /auth/token HTTP/1.1',
      `Host: ${privateHost}`,
      `X-Forwarded-For: ${address}`,
      'Content-Type: application/x-www-form-urlencoded',
      `Content-Length: ${form.length}`,
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n${form.slice(0, 5)}`);
    return socket;
  };
  const answerTo = (socket: Socket): Promise<string> =>
    new Promise((done) => socket.once('data', (bytes: Buffer) => done(bytes.toString())));

  // One connection more than the limit: exactly one of them is rejected, no matter in which order the server reads them.
  const slow = Array.from({ length: 201 }, () => open('192.0.2.1'));
  const first = await Promise.race(slow.map(async (socket) => ({ socket, answer: await answerTo(socket) })));
  expect(first.answer).toMatch(/^HTTP\/1\.1 503 [^]*Retry-After: 5\r\n[^]*Connection: close\r\n/);
  const other = open('192.0.2.2');
  other.write(form.slice(5));
  expect(await answerTo(other)).toMatch(/^HTTP\/1\.1 200 /);
  const whole = await issuer.post(privateHost, form).set('X-Forwarded-For', '192.0.2.1');
  expect([whole.status, refusalIn(whole)]).toEqual([200, undefined]);

  // As soon as one of them is complete, another one is accepted.
  const accepted = slow.find((socket) => socket !== first.socket);
  if (accepted === undefined) throw new Error('all connections were rejected');
  const answer = answerTo(accepted);
  accepted.write(form.slice(5));
  expect(await answer).toMatch(/^HTTP\/1\.1 200 /);
  const next = open('192.0.2.1');
  next.write(form.slice(5));
  expect(await answerTo(next)).toMatch(/^HTTP\/1\.1 200 /);
});
