import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { toClientHeaders, toRegistryHeaders } from '../../../src/http/v2/manifest-headers.ts';
import type { RequestContext } from '../../../src/http/request-context.ts';

function message(rawHeaders: readonly string[]): IncomingMessage {
  const headers: Record<string, string> = {};
  for (let index = 0; index < rawHeaders.length; index += 2)
    headers[(rawHeaders[index] ?? '').toLowerCase()] = rawHeaders[index + 1] ?? '';
  return { rawHeaders, headers } as unknown as IncomingMessage;
}

const context = { address: '192.0.2.1', peerIsTrusted: true } as RequestContext;

test('the registry receives the headers of the client, with the host, scheme and address that the edge sent', () => {
  const request = message([
    ...['Host', 'evil.test', 'Content-Type', 'a/b', 'Accept', 'x', 'Accept', 'y', 'User-Agent', 'docker'],
    ...['X-Forwarded-For', '198.51.100.7, 192.0.2.1', 'X-Forwarded-Proto', 'http', 'Forwarded', 'host=evil'],
    ...['Connection', 'close, X-Hop', 'X-Hop', '1', 'Transfer-Encoding', 'chunked', 'Content-Length', '3'],
    ...[
      'Cookie',
      'session=secret',
      'Authorization',
      'Basic abc',
      'Expect',
      '100-continue',
      'X-Real-IP',
      '::1',
    ],
  ]);
  expect(toRegistryHeaders(request, context, 'reg.test:5001', 'Bearer token')).toEqual([
    ...['Host', 'reg.test:5001', 'Content-Type', 'a/b', 'Accept', 'x', 'Accept', 'y', 'User-Agent', 'docker'],
    ...['X-Forwarded-Proto', 'http', 'X-Forwarded-For', '192.0.2.1', 'Authorization', 'Bearer token'],
  ]);
});

test('only a trusted proxy says the scheme, and only as one word', () => {
  const headersOf = (scheme: string, peerIsTrusted: boolean) =>
    toRegistryHeaders(message(['X-Forwarded-Proto', scheme]), { ...context, peerIsTrusted }, 'a', undefined);
  expect(headersOf('https', true)).toContain('https');
  for (const headers of [headersOf('https', false), headersOf('https, http', true)])
    expect(headers).toEqual(['Host', 'a', 'X-Forwarded-For', '192.0.2.1']);
});

test('the client receives all headers of the registry, but for those of the connection', () => {
  const own = [
    ...[
      'Location',
      '/v2/a/manifests/sha256:0',
      'Docker-Content-Digest',
      'sha256:0',
      'OCI-Subject',
      'sha256:1',
    ],
    ...['Content-Length', '0', 'Warning', '299 - "a"', 'Warning', '299 - "b"'],
  ];
  expect(toClientHeaders(message([...own, 'Connection', 'close', 'Keep-Alive', '5']))).toEqual(own);
});
