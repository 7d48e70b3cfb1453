import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scopesForRoute } from '../../../src/scope/registry-route.ts';
import { formatScope } from '../../../src/scope/scope.ts';
import { repositoryName } from '../../support/policy/arbitraries.ts';

const hex = fc.stringMatching(/^[0-9a-f]{64}$/);
const digest = fc.oneof(
  hex.map((text) => `sha256:${text}`),
  fc.tuple(hex, hex).map(([one, other]) => `sha512:${one}${other}`),
);
const tag = fc.stringMatching(/^[\w][\w.-]{0,20}$/);
/** An upload cannot be called `.` or `..`, because the registry resolves these parts of a path. */
const uuid = fc
  .oneof(fc.uuid(), fc.stringMatching(/^[a-zA-Z0-9\-_.=]{1,40}$/))
  .filter((id) => id !== '.' && id !== '..');

/** Includes names with words of the route table, such as `manifests`, which are valid repository names too. */
const name = fc.oneof(
  repositoryName,
  fc
    .array(
      fc.constantFrom(
        'manifests',
        'blobs',
        'uploads',
        'tags',
        'list',
        'referrers',
        'v2',
        'a.b',
        'c-d',
        'e__f',
      ),
      {
        minLength: 1,
        maxLength: 5,
      },
    )
    .map((components) => components.join('/')),
);

/** The methods that each route accepts, from registry/api/v2/descriptors.go of distribution. */
const routes = {
  tags: { methods: ['GET', 'HEAD'], rest: fc.constant('tags/list') },
  manifest: {
    methods: ['GET', 'HEAD', 'PUT', 'DELETE'],
    rest: fc.oneof(tag, digest).map((reference) => `manifests/${reference}`),
  },
  blob: { methods: ['GET', 'HEAD', 'DELETE'], rest: digest.map((text) => `blobs/${text}`) },
  upload: { methods: ['POST'], rest: fc.constant('blobs/uploads/') },
  chunk: {
    methods: ['GET', 'HEAD', 'PATCH', 'PUT', 'DELETE'],
    rest: uuid.map((id) => `blobs/uploads/${id}`),
  },
  referrers: { methods: ['GET', 'HEAD'], rest: digest.map((text) => `referrers/${text}`) },
} as const;

const route = fc
  .constantFrom(...Object.values(routes))
  .chain(({ methods, rest }) =>
    fc.record({ method: fc.constantFrom(...methods), rest: rest as fc.Arbitrary<string> }),
  );

/** Returns the actions that a method needs, like appendAccessRecords in registry/handlers/app.go of distribution. */
function neededFor(method: string): string {
  if (method === 'GET' || method === 'HEAD') return 'pull';
  return method === 'DELETE' ? 'delete' : 'pull,push';
}

/** Percent-encodes some characters of a path. An edge can receive such paths, because some clients encode too much. */
function encoded(path: string, which: readonly boolean[]): string {
  return [...path]
    .map((character, at) =>
      which[at % which.length] === true && character !== '/'
        ? `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`
        : character,
    )
    .join('');
}

const scopesOf = (method: string, target: string): string[] | undefined =>
  scopesForRoute(method, target)?.map(formatScope);

describe('the scope of a registry request', () => {
  test('has the repository of the path and the actions of the method, for every route', () => {
    fc.assert(
      fc.property(
        name,
        route,
        fc.array(fc.boolean(), { minLength: 1, maxLength: 9 }),
        (name, route, which) => {
          const { method, rest } = route;
          const expected = [`repository:${name}:${neededFor(method)}`];
          expect(scopesOf(method, `/v2/${name}/${rest}`)).toEqual(expected);
          expect(scopesOf(method, `/v2/${name}/${encoded(rest, which)}`)).toEqual(expected);
          expect(scopesOf(method, `/v2/${encoded(name, which)}/${rest}?n=1&last=x`)).toEqual(expected);
        },
      ),
      { numRuns: 5000 },
    );
  });

  test('a mount also needs pull on its source', () => {
    fc.assert(
      fc.property(name, name, digest, (name, from, mount) => {
        const target = `/v2/${name}/blobs/uploads/?mount=${mount}&from=${encodeURIComponent(from)}`;
        expect(scopesOf('POST', target)).toEqual([`repository:${name}:pull,push`, `repository:${from}:pull`]);
      }),
    );
  });

  test('a mount is rejected if its source is not a repository name', () => {
    for (const from of ['../secret', 'A', 'a//b', '%00', 'a b', '*', 'a'.repeat(256)])
      expect(scopesOf('POST', `/v2/a/blobs/uploads/?from=${encodeURIComponent(from)}`)).toBeUndefined();
    // If there are two sources, the registry uses the first.
    expect(scopesOf('POST', '/v2/a/blobs/uploads/?from=b&from=c')).toEqual([
      'repository:a:pull,push',
      'repository:b:pull',
    ]);
  });

  test.each([
    ['?from=b', []],
    ['from=%', []],
    ['from=%&from=b', ['b']],
    ['from=b;x', []],
    ['x;from=b', []],
    ['from&from=b', []],
    ['%66rom=b', ['b']],
    ['fro%6=b&from=c', ['c']],
    ['from=b%2Fc', ['b/c']],
    ['&&from=b&', ['b']],
    ['From=b', []],
    ['from[]=b', []],
  ])('reads the source of a mount from the query %s as the registry does', (query, sources) => {
    expect(scopesOf('PUT', `/v2/aa/tags/list?${query}`)).toEqual([
      'repository:aa:pull,push',
      ...sources.map((source) => `repository:${source}:pull`),
    ]);
  });

  test.each(['from=%ff', 'from=b+c', 'from=%00', '%66rom=A'])('rejects the source %s', (query) => {
    expect(scopesOf('PUT', `/v2/aa/tags/list?${query}`)).toBeUndefined();
  });

  test.each(['manifests/a:a', 'manifests/a.b:c_-=', 'blobs/sha256:0', 'blobs/uploads/...'])(
    'serves %s, because the registry answers it',
    (rest) => {
      expect(scopesOf('GET', `/v2/a/${rest}`)).toEqual(['repository:a:pull']);
    },
  );

  test('the base path needs no scope, and the catalog has its own', () => {
    expect(scopesOf('GET', '/v2/')).toEqual([]);
    expect(scopesOf('HEAD', '/v2/')).toEqual([]);
    expect(scopesOf('GET', '/v2/_catalog?n=100&last=a/b')).toEqual(['registry:catalog:*']);
  });

  const sha = `sha256:${'0'.repeat(64)}`;
  test.each([
    ['POST', '/v2/'],
    ['DELETE', '/v2/_catalog'],
    ['GET', '/v1/_ping'],
    ['GET', '/'],
    ['GET', ''],
    ['GET', '/v2'.repeat(2)],
    ['GET', '/v2//tags/list'],
    ['GET', '/v2/tags/list'],
    ['GET', '/v2/a/tags/list/'],
    ['GET', '/v2/a/tags'],
    ['GET', '/v2/A/tags/list'],
    ['GET', '/v2/a//b/tags/list'],
    ['GET', '/v2/../a/tags/list'],
    ['GET', '/v2/a/../b/tags/list'],
    ['GET', '/v2/a/%2e%2e/b/tags/list'],
    ['GET', '/v2/a/./b/tags/list'],
    ['GET', '/v2/a%00/tags/list'],
    ['GET', '/v2/a%0a/tags/list'],
    ['GET', '/v2/a%zz/tags/list'],
    ['GET', '/v2/a%ff/tags/list'],
    ['GET', '/v2/%2561/tags/list'],
    ['GET', '/v2/\u0430/tags/list'],
    ['GET', '/v2/a/manifests/'],
    ['GET', '/v2/a/manifests/.hidden'],
    ['GET', '/v2/a/manifests/x y'],
    ['GET', `/v2/a/manifests/${'x'.repeat(129)}`],
    ['GET', '/v2/a/blobs/latest'],
    ['GET', '/v2/a/blobs/SHA256:0'],
    ['GET', '/v2/a/blobs/uploads/..'],
    ['GET', `/v2/a/blobs/${sha}/more`],
    ['GET', '/v2/a/referrers/latest'],
    ['GET', '/v2/a/signatures/latest'],
    ['GET', `/v2/${'a/'.repeat(127)}ab/tags/list`],
    ['GET', 'http://registry/v2/a/tags/list'],
    ['OPTIONS', '/v2/a/tags/list'],
    ['TRACE', '/v2/a/tags/list'],
    ['get', '/v2/a/tags/list'],
    ['constructor', '/v2/a/tags/list'],
    ['', '/v2/a/tags/list'],
  ])('rejects %s %s', (method, target) => {
    expect(scopesOf(method, target)).toBeUndefined();
  });
});
