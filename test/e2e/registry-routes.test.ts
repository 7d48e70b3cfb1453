import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseScopes } from '../../src/scope/parse-scopes.ts';
import { scopesForRoute } from '../../src/scope/registry-route.ts';
import type { Scope } from '../../src/scope/scope.ts';
import { dockpassHome } from '../support/dockpass/dockpass.ts';
import { exchange, rawRequest } from '../support/network/raw-http.ts';
import { registryPart, registryVersions, startShippedRegistry } from '../support/registry/registry.ts';
import { needs } from '../support/run/parts.ts';

// `/auth/forward` decides which access a request needs, and the registry decides it again. If the two read a request
// differently, a client gets a token that is wider than its request needs, or a request that the registry serves is
// denied. So the registry is asked here: the challenge in its answer contains the access that it requires.

const hex = '0123456789abcdef'.repeat(4);
const pieces = fc.constantFrom(
  ...['a', 'b', 'aa', 'a-b', 'a__b', 'a.b', 'A', 'localhost:5000', 'manifests', 'blobs', 'uploads', 'tags'],
  ...[
    'list',
    'latest',
    'a:a',
    'a+b:c=_-',
    'SHA256:0',
    `sha256:${hex}`,
    '_catalog',
    '.',
    '..',
    '...',
    '',
    '-x',
  ],
  ...[
    '%61',
    '%2f',
    '%2F',
    '%2e%2e',
    '%',
    '%zz',
    '%ff',
    '%00',
    '%3f',
    '%25',
    ';',
    '~',
    ':',
    '=',
    '@',
    '#',
    'x',
  ],
);
const tail = fc.constantFrom(
  ...['tags/list', 'manifests/v1', 'manifests/a:a', `manifests/sha256:${hex}`, `blobs/sha256:${hex}`],
  ...[
    'blobs/a:b',
    'blobs/uploads/',
    'blobs/uploads/x-1',
    'blobs/uploads/..',
    'blobs/uploads/.',
    'tags/list/',
  ],
);
const path = fc.oneof(
  fc.array(pieces, { minLength: 1, maxLength: 6 }).map((all) => all.join('/')),
  fc.array(pieces, { minLength: 1, maxLength: 4 }).map((all) => all.join('')),
  fc
    .tuple(fc.array(pieces, { minLength: 1, maxLength: 3 }), tail)
    .map(([all, end]) => `${all.join('/')}/${end}`),
  tail.map((end) => `a/${end}`),
);
const queryPiece = fc.constantFrom(
  ...[
    'from',
    'from=',
    'from=a',
    'from=b%2fc',
    'from=%',
    'from=%zz',
    'from=a+b',
    'from=%ff',
    'from=A',
    '%66rom=c',
  ],
  ...[
    'fro%6d=d',
    'fro%=e',
    'from=f;x',
    'x;from=f',
    'From=g',
    'mount=x',
    'n=1',
    '?',
    ';',
    '=',
    '#',
    '?from=h',
    '',
  ],
);
const query = fc
  .array(queryPiece, { maxLength: 4 })
  .map((all) => (all.length === 0 ? '' : `?${all.join('&')}`));
const request = fc.record({
  method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'),
  target: fc.tuple(path, query).map(([where, what]) => `/v2/${where}${what}`),
});

for (const version of registryVersions) {
  needs(registryPart(version))(`registry ${version}`, () => {
    test('requires exactly the access that the route table names, for random requests', async () => {
      const home = await dockpassHome();
      await home.must(['keys', 'create', '--new-authority']);
      const registry = await startShippedRegistry(version, home);
      const required = async (method: string, target: string): Promise<readonly string[] | undefined> => {
        const line = `${method} ${target} HTTP/1.1`;
        const answer = await exchange(
          registry.port,
          rawRequest(line, ['Host: reg.test', 'Connection: close']),
        );
        const challenge = answer?.headers.get('www-authenticate') ?? '';
        const scope = /scope="([^"]*)"/.exec(challenge)?.[1];
        return answer?.status !== 401 || scope === undefined ? undefined : actionsOf(scope.split(' '));
      };
      let compared = 0;
      await fc.assert(
        fc.asyncProperty(request, async ({ method, target }) => {
          const wanted = await required(method, target);
          const named = scopesForRoute(method, target);
          // No access is requested for the base path. Only dockpass knows a route for referrers.
          if (named?.length === 0 || target.includes('/referrers/')) return;
          if (named !== undefined) expect(actions(named), `${method} ${target}`).toEqual(wanted);
          // If a name that the registry accepts is not a name for dockpass, denying the request is right.
          else if (wanted?.every(isScope) === true && !/_catalog/.test(target))
            expect(named, `${method} ${target}`).toBeDefined();
          if (wanted !== undefined) compared++;
        }),
        { numRuns: 3000 },
      );
      expect(compared).toBeGreaterThan(300);
    }, 120_000);
  });
}

function isScope(text: string): boolean {
  try {
    return parseScopes([text]).length === 1;
  } catch {
    return false;
  }
}

/** Returns each action of some scopes as a text, sorted: `repository:a:pull`. */
function actionsOf(scopes: readonly string[]): string[] {
  const all = scopes.flatMap((scope) => {
    const colon = scope.lastIndexOf(':');
    return scope
      .slice(colon + 1)
      .split(',')
      .map((action) => `${scope.slice(0, colon)}:${action}`);
  });
  return [...new Set(all)].sort();
}

function actions(scopes: readonly Scope[]): string[] {
  return actionsOf(scopes.map(({ type, name, actions: list }) => `${type}:${name}:${list.join(',')}`));
}
