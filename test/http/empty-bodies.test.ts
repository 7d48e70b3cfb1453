import { beforeAll, expect, test } from 'vitest';
import { privateHost, startIssuer, type TestIssuer } from '../support/dockpass/issuer.ts';
import { exchange, rawRequest } from '../support/network/raw-http.ts';

// Some clients send a POST that has neither a body nor the header Content-Length. Such a request must be answered at
// once, although Node emits no events for its body.

const secret = 'a-test-secret-for-the-events-of-a-registry';
const form = 'Content-Type: application/x-www-form-urlencoded';
let issuer: TestIssuer;

beforeAll(async () => {
  issuer = await startIssuer({ events: { listen: '127.0.0.1:0', secret } });
});

test.each([
  ['POST /auth/token', [form], 400, 'the form has no grant_type'],
  ['POST /auth/revoke', [form], 400, 'the form has no parameter named'],
  ['POST /auth/api/v1/users', ['Content-Type: application/json'], 401, 'login'],
  ['PUT /v2/team/app/manifests/v1', [], 503, 'the registry does not answer'],
  ['POST /auth/no-such-page', [form], 404, ''],
])('%s without a body is answered', async (line, headers, status, text) => {
  const asked = rawRequest(`${line} HTTP/1.1`, [`Host: ${privateHost}`, ...headers]);
  expect(asked).not.toMatch(/content-length|transfer-encoding/i);
  const answer = await exchange(issuer.port, asked);
  expect([answer?.status, answer?.body]).toEqual([status, expect.stringContaining(text)]);
});

test('a notification without a body is answered', async () => {
  const headers = ['Host: dockpass', `Authorization: Bearer ${secret}`];
  const answer = await exchange(
    issuer.server.events?.port ?? 0,
    rawRequest('POST /events HTTP/1.1', headers),
  );
  expect(answer?.status).toBe(400);
});
