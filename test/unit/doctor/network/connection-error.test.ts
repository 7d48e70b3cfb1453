import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { describeConnectionError } from '../../../../src/doctor/network/connection-error.ts';
import { examineTls } from '../../../../src/doctor/network/tls.ts';
import { afterwards } from '../../../support/run/afterwards.ts';

async function examineServer(answer: string): Promise<unknown> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(answer));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterwards(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return examineTls({ host: '127.0.0.1', port, as: `127.0.0.1:${port}`, tls: true });
}

test.each([
  ['HTTP/1.1 400 Bad Request\r\n\r\n', 'the server answers in plain text, without TLS'],
  ['', 'the server closed the connection'],
])('a handshake that the server answers with %j fails with a plain sentence', async (answer, text) => {
  expect(await examineServer(answer)).toBe(text);
});

test.each([
  [
    '4007AD7C:error:0A000438:SSL routines:ssl3_read_bytes:tlsv1 alert internal error:../deps/openssl/ssl/record/rec_layer_s3.c:1605:SSL alert number 80:',
    'the server rejected the TLS handshake (internal error)',
  ],
  ['4007AD7C:error:0A0000BF:SSL routines::no protocols available:x.c:1:', 'the TLS handshake failed'],
  ['connect ECONNREFUSED 127.0.0.1:1', 'connect ECONNREFUSED 127.0.0.1:1'],
])('describes %s', (message, text) => {
  expect(describeConnectionError(new Error(message))).toBe(text);
});
