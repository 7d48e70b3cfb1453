import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createParsers } from '../../../src/app/parsers.ts';
import { scopesOfForwardedRequest } from '../../../src/http/forward/forwarded-request.ts';
import { parseTokenQuery } from '../../../src/http/token/token-parameters.ts';
import { parseHost } from '../../../src/net/host.ts';
import { parseScope, parseScopes } from '../../../src/scope/parse-scopes.ts';
import { outcomeOf } from '../../support/fuzz/outcome.ts';
import { latin1, parameters } from '../../support/fuzz/requests.ts';
import { anyText, repositoryName, scopeText, spelledHost } from '../../support/policy/arbitraries.ts';

const service = fc.constantFrom('', 'service=registry&', 'service=other&', 'service=a&service=b&');
const tokenQuery = fc
  .record({ service, scopes: fc.array(fc.oneof(scopeText, anyText), { maxLength: 3 }) })
  .map(({ service, scopes }) => {
    const texts = scopes.map((scope) => `scope=${encodeURIComponent(scope.toWellFormed())}`);
    return service + texts.join('&');
  });
const forwardedRequest = fc
  .record({
    method: fc.constantFrom('GET', 'HEAD', 'PUT', 'POST', 'PATCH', 'DELETE', 'OPTIONS'),
    name: repositoryName,
    end: fc.oneof(
      fc.constantFrom(
        'manifests/latest',
        'blobs/uploads/',
        'blobs/uploads/?mount=sha256:aa&from=a/b',
        'tags/list',
        'referrers/sha256:aa',
      ),
      latin1(20),
    ),
  })
  .map(({ method, name, end }) => `${method}\n/v2/${name}/${end}`);

interface Pair {
  readonly cached: (text: string) => unknown;
  readonly plain: (text: string) => unknown;
  readonly text: fc.Arbitrary<string>;
}

const parsers = createParsers();
const hosts = fc.oneof(
  spelledHost.map(({ text }) => text),
  latin1(30),
);
const pairs: readonly (readonly [string, Pair])[] = [
  ['host', { cached: parsers.host, plain: parseHost, text: hosts }],
  [
    'tokenQuery',
    {
      cached: parsers.tokenQuery,
      plain: parseTokenQuery,
      text: fc.oneof(tokenQuery, parameters, latin1(60)),
    },
  ],
  [
    'forwardedScopes',
    {
      cached: parsers.forwardedScopes,
      plain: scopesOfForwardedRequest,
      text: fc.oneof(forwardedRequest, parameters, latin1(60)),
    },
  ],
  ['scope', { cached: parsers.scope, plain: parseScope, text: fc.oneof(scopeText, anyText) }],
];

test.each(pairs)(
  '%s parses every text as without its cache, errors included',
  (_name, { cached, plain, text }) => {
    let readable = 0;
    fc.assert(
      fc.property(text, (one) => {
        if ('returned' in outcomeOf(() => plain(one))) readable++;
        // The second call fills the cache, and the third one reads it. Similar texts must not share an entry.
        for (let call = 0; call < 3; call++)
          for (const similar of [one, one.slice(0, 12), one.toUpperCase(), `${one} `])
            expect(outcomeOf(() => cached(similar))).toStrictEqual(outcomeOf(() => plain(similar)));
      }),
      { numRuns: 2000 },
    );
    // Check that the texts were varied enough.
    expect(readable).toBeGreaterThan(100);
  },
);

test('a token request has the same scopes with and without the caches, errors included', () => {
  const outcome = (parseQuery: typeof parseTokenQuery, parse: typeof parseScope, query: string) =>
    outcomeOf(() => {
      const { scopes, ...others } = parseQuery(query);
      return { ...others, scopes: parseScopes(scopes, parse) };
    });
  fc.assert(
    fc.property(fc.oneof(tokenQuery, parameters), (query) => {
      const expected = outcome(parseTokenQuery, parseScope, query);
      for (let call = 0; call < 3; call++)
        expect(outcome(parsers.tokenQuery, parsers.scope, query)).toStrictEqual(expected);
    }),
    { numRuns: 2000 },
  );
});
