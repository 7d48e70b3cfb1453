import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { beforeAll, expect, test } from 'vitest';
import { createBodyBudget, maxApiBodyLength, maxFormLength } from '../../src/http/body/body-limits.ts';
import { readBody } from '../../src/http/form-body.ts';
import { requireWholeBody } from '../../src/http/body/incomplete-bodies.ts';
import { startHttpServer } from '../../src/http/server.ts';
import type { ServerState } from '../../src/http/server-state.ts';
import { parseHost } from '../../src/net/host.ts';
import { parseTrustedProxies, type TrustedProxies } from '../../src/net/trusted-proxies.ts';
import { createLog } from '../../src/observe/log.ts';
import { batchResponses } from '../../src/http/token/batch-responses.ts';
import { afterwards } from '../support/run/afterwards.ts';

// Bodies of requests for the administration API, which are larger than those for tokens.

const api = '/auth/api/v1/rules/preview';
const budget = createBodyBudget({ network: 1.5 * maxApiBodyLength, all: 4 * maxApiBodyLength });
let port: number;
/** Called when there is no memory left for a body. */
let onNoMemory = (): void => undefined;

/** Starts a server that answers with the number of bytes that arrived, or with the code of the error. */
beforeAll(async () => {
  const trustedProxies = parseTrustedProxies(['loopback']) as TrustedProxies;
  const issuer = { record: { denied: () => 'id' } };
  const state = { trustedProxies, parsers: { host: parseHost }, issuer } as unknown as ServerState;
  const listener = requireWholeBody(
    (request, response) =>
      void readBody(request).then(
        ({ length }) => response.end(String(length)),
        (error: { code: string }) => response.writeHead(413).end(error.code),
      ),
    () => state,
    createLog(() => undefined),
    {
      release: (...args) => budget.release(...args),
      reserve: (...args) => {
        const isReserved = budget.reserve(...args);
        if (!isReserved) onNoMemory();
        return isReserved;
      },
    },
  );
  const server = await startHttpServer({ host: '127.0.0.1', port: 0 }, batchResponses(listener), 'listen');
  afterwards(() => server.close());
  port = server.address.port;
});

test.each([
  [api, 3, '3'],
  [api, maxFormLength + 1, String(maxFormLength + 1)],
  [api, maxApiBodyLength, String(maxApiBodyLength)],
  [api, maxApiBodyLength + 1, 'body_too_large'],
  ['/auth/token', maxFormLength, String(maxFormLength)],
  ['/auth/token', maxFormLength + 1, 'body_too_large'],
  ['/auth/', maxFormLength + 1, 'body_too_large'],
])('%s with a body of %i bytes is answered with %s', async (path, length, expected) => {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body: 'x'.repeat(length) });
  expect(await answer.text()).toBe(expected);
});

/** Sends all bytes of a large body but the last one. */
async function openLarge(address: string, length: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  afterwards(() => void socket.destroy());
  socket.on('error', () => undefined);
  const head = `POST ${api} HTTP/1.1\r\nHost: a.test\r\nX-Forwarded-For: ${address}\r\nContent-Length: ${length}\r\n\r\n`;
  await new Promise<void>((done) => socket.write(head + 'x'.repeat(length - 1), () => done()));
  return socket;
}

const answerTo = async (socket: Socket): Promise<string> => String((await once(socket, 'data'))[0]);

test('slow large bodies of one network occupy limited memory, and delay no other network', async () => {
  const noMemory = new Promise<void>((done) => (onNoMemory = done));
  const slow = await Promise.all([1, 2].map(() => openLarge('192.0.2.1', maxApiBodyLength)));
  await noMemory;

  const other = await openLarge('192.0.2.9', maxApiBodyLength);
  const isKept = (answer: string): boolean => answer.endsWith(`\r\n\r\n${maxApiBodyLength}`);
  const finish = (socket: Socket): Promise<string> => {
    const answer = answerTo(socket);
    socket.write('x');
    return answer;
  };
  expect(isKept(await finish(other))).toBe(true);
  const small = await fetch(`http://127.0.0.1:${port}${api}`, {
    method: 'POST',
    body: 'x',
    headers: { 'X-Forwarded-For': '192.0.2.1' },
  });
  expect(await small.text()).toBe('1');

  const answers = await Promise.all(slow.map(finish));
  expect(answers.filter(isKept)).toHaveLength(1);
  expect(answers.find((answer) => !isKept(answer))).toMatch(
    /^HTTP\/1\.1 503 [^]*Retry-After: 5\r\n[^]*too many large requests are incomplete/,
  );
  // The memory is free again.
  expect(isKept(await finish(await openLarge('192.0.2.1', maxApiBodyLength)))).toBe(true);
});

test('large bodies of all networks together occupy limited memory', () => {
  const all = createBodyBudget({ network: 10, all: 25 });
  expect(['a', 'b', 'c'].map((network) => all.reserve(network, 10))).toEqual([true, true, false]);
  expect(all.reserve('a', 1)).toBe(false);
  all.release('a', 10);
  expect(all.reserve('c', 10)).toBe(true);
});
