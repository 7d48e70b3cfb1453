import fc from 'fast-check';
import { decodeJwt } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { scopesForRoute } from '../../src/scope/registry-route.ts';
import { privateHost, publicHost, startIssuer, type TestIssuer } from '../support/dockpass/issuer.ts';
import { basic, exchange, rawRequest } from '../support/network/raw-http.ts';
import { fuzz } from '../support/fuzz/fuzz.ts';

const password = 'correct horse battery';
let issuer: TestIssuer;

beforeAll(async () => {
  issuer = await startIssuer({ publicRepositories: ['open/**'] });
  await issuer.addUser('reader', password, 'reader');
});

const digest = `sha256:${'0'.repeat(64)}`;
const route = fc.constantFrom<string>(
  '/v2/',
  '/v2/_catalog',
  '/v2/open/app/tags/list',
  '/v2/team/app/manifests/v1',
  `/v2/team/app/blobs/${digest}`,
  '/v2/team/app/blobs/uploads/',
  `/v2/team/app/blobs/uploads/?mount=${digest}&from=team/base`,
);
const odd = fc.constantFrom(
  ...[
    '/',
    '//',
    '..',
    '/../',
    '.',
    '%2f',
    '%2e%2e',
    '%',
    '%ff',
    '%00',
    '?',
    '??',
    '#',
    ';',
    '&',
    '=',
    '\\',
    '*',
    '@',
    ':',
  ],
  ...[
    '?from=other',
    '&from=other',
    '?mount=x&from=%6fther',
    'http://evil/',
    'HTTP/1.1',
    'a',
    'A',
    '_catalog',
    '+',
  ],
);
/** The target of a registry request, with up to three odd texts in it. */
const target = fc
  .tuple(route, fc.oneof(fc.constant([]), fc.array(fc.tuple(fc.nat(60), odd), { maxLength: 3 })))
  .map(([text, insertions]) =>
    insertions.reduce((all, [at, put]) => all.slice(0, at) + put + all.slice(at), text),
  );
const header = fc.stringMatching(/^[\x21-\x7e]{0,40}$/);
const question = fc.record({
  method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND'),
  forwarded: fc.record(
    {
      'X-Forwarded-Method': fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom('GET', 'HEAD') },
        { weight: 1, arbitrary: fc.constantFrom('PUT', 'PATCH', 'POST', 'DELETE', 'get') },
        { weight: 1, arbitrary: header },
      ),
      'X-Forwarded-Uri': fc.oneof({ weight: 4, arbitrary: target }, { weight: 1, arbitrary: header }),
    },
    { requiredKeys: ['X-Forwarded-Uri'] },
  ),
  headers: fc.dictionary(
    fc.constantFrom('X-Forwarded-Host', 'X-Forwarded-For', 'X-Forwarded-Proto', 'Forwarded', 'User-Agent'),
    fc.oneof(header, fc.constantFrom(publicHost, privateHost, `${publicHost}, ${privateHost}`)),
    { maxKeys: 1 },
  ),
  authorization: fc.oneof(
    { weight: 3, arbitrary: fc.constant(basic('reader', password)) },
    { weight: 1, arbitrary: fc.constantFrom(undefined, 'Bearer x', 'Basic', 'Basic !') },
    { weight: 1, arbitrary: header },
  ),
  host: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(publicHost, privateHost) },
    { weight: 1, arbitrary: fc.constantFrom('a b', 'a:99999') },
    { weight: 1, arbitrary: header },
  ),
  query: fc.constantFrom('', '?', '?scope=x', '?service=other'),
});

interface Claims {
  readonly access: readonly {
    readonly type: string;
    readonly name: string;
    readonly actions: readonly string[];
  }[];
}

test('answers only 200, 401 or 403, because nginx turns any other status into 500; a token fits the request', async () => {
  let tokens = 0;
  const property = fc.asyncProperty(
    question,
    async ({ method, forwarded, headers, authorization, host, query }) => {
      const all = {
        ...forwarded,
        ...headers,
        ...(authorization !== undefined && { Authorization: authorization }),
      };
      const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
      const answer = await exchange(
        issuer.port,
        rawRequest(`${method} /auth/forward${query} HTTP/1.1`, [`Host: ${host}`, ...lines]),
      );
      expect([200, 401, 403]).toContain(answer?.status);
      expect(answer?.headers.has('authorization')).toBe(answer?.status === 200);
      if (answer?.status !== 200) return;
      tokens++;
      const token = /^Bearer (\S+)$/.exec(answer.headers.get('authorization') ?? '')?.[1] ?? '';
      const uri = forwarded['X-Forwarded-Uri'] ?? '';
      for (const { type, name, actions } of decodeJwt<Claims>(token).access) {
        // The reader and anonymous clients hold nothing but pull. The path names the repository, or a mount names it.
        expect([type, actions]).toEqual(['repository', ['pull']]);
        expect(decoded(uri)).toContain(name);
        expect(scopesForRoute(forwarded['X-Forwarded-Method'] ?? '', uri)).toContainEqual(
          expect.objectContaining({ name }),
        );
      }
    },
  );
  await fuzz(property, 2000);
  expect(tokens).toBeGreaterThan(100);
});

test('random paths never cause an error, and never give another repository than the path shows', async () => {
  const piece = fc.oneof(
    odd,
    fc.constantFrom('v2', 'tags', 'list', 'manifests', '/'),
    fc.string({ unit: 'binary', maxLength: 3 }),
  );
  const path = fc.oneof(
    target,
    fc.array(piece, { maxLength: 12 }).map((pieces) => `/v2/${pieces.join('')}`),
  );
  let read = 0;
  const property = fc.property(path, (text) => {
    const [withoutQuery = '', ...query] = text.split('?');
    const scopes = scopesForRoute('GET', text) ?? [];
    // The registry reads the first `from`, and requires pull on it.
    const source = new URLSearchParams(query.join('?')).get('from');
    if (scopes[0]?.type === 'repository' && source === 'team/base')
      expect(scopes).toContainEqual(expect.objectContaining({ name: 'team/base', actions: ['pull'] }));
    for (const [at, scope] of scopes.entries()) {
      if (scope.type !== 'repository') continue;
      expect(scope.name).toMatch(/^[A-Za-z0-9][\w.:/-]*$/);
      read++;
      expect(scope.actions).toEqual(['pull']);
      // The source of a mount is in the query. Any other repository is in the path.
      if (at === 0) expect(decoded(withoutQuery)).toContain(`/v2/${scope.name}/`);
      else expect(new URLSearchParams(query.join('?')).getAll('from')).toContain(scope.name);
    }
  });
  await fuzz(property, 20_000);
  expect(read).toBeGreaterThan(1000);
});

/** Decodes percent-encoding. Never throws, because names of repositories are ASCII. */
function decoded(text: string): string {
  return text.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}
