import type { IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readContext } from '../../../src/http/request-context.ts';
import { parseHost } from '../../../src/net/host.ts';
import { parseTrustedProxies, type TrustedProxies } from '../../../src/net/trusted-proxies.ts';
import { outcomeOf } from '../../support/fuzz/outcome.ts';
import { latin1, parameters } from '../../support/fuzz/requests.ts';
import { spelledHost } from '../../support/policy/arbitraries.ts';

function proxies(...texts: string[]): TrustedProxies {
  const parsed = parseTrustedProxies(texts);
  if (typeof parsed === 'string') throw new Error(parsed);
  return parsed;
}

const configurations = [proxies(), proxies('loopback'), proxies('private', '203.0.113.7')];
const peers = ['127.0.0.1', '::ffff:127.0.0.1', '10.1.2.3', '203.0.113.7', '198.51.100.1', '::1', undefined];

const header = fc.oneof(
  spelledHost.map(({ text }) => ['Host', text]),
  latin1(20).map((text) => ['Host', text]),
  fc.constantFrom('1.2.3.4', '1.2.3.4, 10.0.0.1', 'x', '').map((text) => ['X-Forwarded-For', text]),
  fc.constantFrom(['Authorization', 'Basic !'], ['User-Agent', 'docker/29']),
);
const asked = fc.record({
  connection: fc.nat(3),
  configuration: fc.nat(configurations.length - 1),
  headers: fc.array(header, { maxLength: 4 }),
  url: fc.oneof(
    parameters.map((query) => `/auth/token?${query}`),
    latin1(30),
  ),
  httpVersion: fc.constantFrom('1.0', '1.1'),
});

test('a connection with many requests is read as many connections are, also after a reload', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...peers), { minLength: 4, maxLength: 4 }),
      fc.array(asked, { maxLength: 30 }),
      (addresses, requests) => {
        const newSocket = (at: number) => ({
          remoteAddress: addresses[at],
          localAddress: '127.0.0.1',
          localPort: 5001,
        });
        const connections = addresses.map((_, at) => newSocket(at));
        for (const { connection, configuration, headers, url, httpVersion } of requests) {
          const read = (socket: unknown) =>
            outcomeOf(() =>
              readContext(
                {
                  rawHeaders: headers.flat(),
                  // If a header is repeated, Node keeps the first one.
                  headers: Object.fromEntries(
                    headers.map(([name = '', value]) => [name.toLowerCase(), value]).toReversed(),
                  ),
                  url,
                  httpVersion,
                  socket,
                } as unknown as IncomingMessage,
                {
                  trustedProxies: configurations[configuration] ?? proxies(),
                  parsers: {
                    host: parseHost,
                    tokenQuery: () => expect.unreachable(),
                    forwardedScopes: () => expect.unreachable(),
                  },
                },
              ),
            );
          expect(read(connections[connection])).toStrictEqual(read(newSocket(connection)));
        }
      },
    ),
    { numRuns: 500 },
  );
});
