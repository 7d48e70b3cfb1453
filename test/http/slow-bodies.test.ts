import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import request from 'supertest';
import { expect, test } from 'vitest';
import { privateHost, refusalIn, startIssuer } from '../support/dockpass/issuer.ts';
import { afterwards } from '../support/run/afterwards.ts';

const password = 'correct horse battery';

const form = `grant_type=password&username=alice&password=${encodeURIComponent(password)}`;

/** Sends a request with the first bytes of its body. */
function open(port: number, address: string, requestLine = 'POST /auth/token HTTP/1.1'): Socket {
  const socket = connect(port, '127.0.0.1');
  afterwards(() => void socket.destroy());
  socket.on('error', () => undefined);
  const head = [
    requestLine,
    `Host: ${privateHost}`,
    `X-Forwarded-For: ${address}`,
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${form.length}`,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${form.slice(0, 5)}`);
  return socket;
}

const answerTo = (socket: Socket): Promise<string> =>
  new Promise((done) => socket.once('data', (bytes: Buffer) => done(bytes.toString())));

const firstAnswer = (sockets: readonly Socket[]): Promise<{ socket: Socket; answer: string }> =>
  Promise.race(sockets.map(async (socket) => ({ socket, answer: await answerTo(socket) })));

const rejected =
  /^HTTP\/1\.1 503 [^]*Retry-After: 5\r\n[^]*Connection: close\r\nX-Dockpass-Request: incomplete\r\n/;

test('200 slow bodies of one address delay neither other addresses nor whole requests, and no more are accepted', async () => {
  const issuer = await startIssuer();
  await issuer.addUser('alice', password);

  // One connection more than the limit: exactly one of them is rejected, no matter in which order the server reads them.
  const slow = Array.from({ length: 201 }, () => open(issuer.port, '192.0.2.1'));
  const first = await firstAnswer(slow);
  expect(first.answer).toMatch(rejected);
  const other = open(issuer.port, '192.0.2.2');
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
  const next = open(issuer.port, '192.0.2.1');
  next.write(form.slice(5));
  expect(await answerTo(next)).toMatch(/^HTTP\/1\.1 200 /);
});

test('slow bodies from one IPv6 /48 are counted together, for all methods and paths', async () => {
  const issuer = await startIssuer();
  const lines = ['POST /auth/token', 'GET /auth/token', 'POST /auth/revoke', 'PUT /auth/nothing'];
  const slow = Array.from({ length: 201 }, (_, index) =>
    open(
      issuer.port,
      `2001:db8:7:${index.toString(16)}::${index.toString(16)}`,
      `${lines[index % lines.length]} HTTP/1.1`,
    ),
  );
  expect((await firstAnswer(slow)).answer).toMatch(rejected);
  const { text } = await request(issuer.operationsUrl).get('/metrics');
  expect(text).toMatch(/^dockpass_\w+\{.*"busy".*\} 1$/m);
  const other = open(issuer.port, '2001:db8:8::1', 'GET /auth/nothing HTTP/1.1');
  const answer = answerTo(other);
  other.write(form.slice(5));
  expect(await answer).toMatch(/^HTTP\/1\.1 404 /);
});

test('answers a request only when its whole body has arrived, even if the endpoint does not read it', async () => {
  const issuer = await startIssuer();
  const waiting = open(issuer.port, '192.0.2.1', 'GET /auth/token HTTP/1.1');
  let answered = false;
  const answer = answerTo(waiting).finally(() => (answered = true));
  // This request arrives later and is answered.
  expect((await issuer.get(privateHost)).status).toBe(401);
  expect(answered).toBe(false);
  waiting.write(form.slice(5));
  expect(await answer).toMatch(/^HTTP\/1\.1 401 /);
});

test('bodies that are answered early because they are too large do not count after their connection is closed', async () => {
  const issuer = await startIssuer();
  for (let count = 0; count < 201; count++) {
    const socket = connect(issuer.port, '127.0.0.1');
    socket.on('error', () => undefined);
    const head = [
      'POST /auth/token HTTP/1.1',
      `Host: ${privateHost}`,
      'Content-Type: application/x-www-form-urlencoded',
      'Content-Length: 10000000',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n${'x'.repeat(140 * 1024)}`);
    expect(await answerTo(socket)).toMatch(/^HTTP\/1\.1 413 /);
    socket.destroy();
  }
  const late = open(issuer.port, '127.0.0.1', 'GET /auth/token HTTP/1.1');
  late.write(form.slice(5));
  expect(await answerTo(late)).toMatch(/^HTTP\/1\.1 401 /);
});

test('closes the connection of an invalid request although the client keeps its side open', async () => {
  const issuer = await startIssuer();
  const socket = connect({ port: issuer.port, host: '127.0.0.1', allowHalfOpen: true });
  socket.write('no HTTP\r\n\r\n');
  expect(await answerTo(socket)).toMatch(/^HTTP\/1\.1 400 /);
  // A write fails only if the server has closed both sides.
  const writing = setInterval(() => socket.write('x'), 50);
  afterwards(() => clearInterval(writing));
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
  expect(['EPIPE', 'ECONNRESET']).toContain(error.code);
});
