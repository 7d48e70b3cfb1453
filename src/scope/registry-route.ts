import { maxNameLength, nameGrammarSource } from './parse-scopes.ts';
import type { Scope } from './scope.ts';

/**
 * The scopes that a request to the registry's API needs, by the registry's own routes and rules (distribution
 * registry/api/v2/routes.go, descriptors.go; registry/handlers/app.go, appendAccessRecords). The referrers route is
 * from the OCI distribution specification, section "Listing Referrers".
 */
const routes = [
  /^\/v2\/(?<name>NAME)\/tags\/list$/,
  /^\/v2\/(?<name>NAME)\/manifests\/(?:[\w][\w.-]{0,127}|DIGEST)$/,
  /^\/v2\/(?<name>NAME)\/blobs\/DIGEST$/,
  /^\/v2\/(?<name>NAME)\/blobs\/uploads\/(?:[a-zA-Z0-9\-_.=]+)?$/,
  /^\/v2\/(?<name>NAME)\/referrers\/DIGEST$/,
].map(
  ({ source }) => new RegExp(source.replace('NAME', nameGrammarSource).replace('DIGEST', digestSource())),
);

const wholeName = new RegExp(`^${nameGrammarSource}$`);

const actionsByMethod: ReadonlyMap<string, readonly string[]> = new Map([
  ['GET', ['pull']],
  ['HEAD', ['pull']],
  ['POST', ['pull', 'push']],
  ['PUT', ['pull', 'push']],
  ['PATCH', ['pull', 'push']],
  ['DELETE', ['delete']],
]);

/** Characters. No route is nearly as long, so a longer path is not matched at all. */
const maxPathLength = 1024;

/**
 * Returns the scopes that `method` on `target` (path and query as sent) needs. `/v2/` itself needs none. Returns
 * undefined for a request that the registry does not serve; the caller must deny it.
 */
export function scopesForRoute(method: string, target: string): readonly Scope[] | undefined {
  const mark = target.indexOf('?');
  const path = decodePath(mark < 0 ? target : target.slice(0, mark));
  const actions = actionsByMethod.get(method);
  if (path === undefined || path.length > maxPathLength || actions === undefined) return undefined;
  if (path === '/v2/' || path === '/v2') return method === 'GET' || method === 'HEAD' ? [] : undefined;
  if (path === '/v2/_catalog') {
    return method === 'GET'
      ? [{ type: 'registry', class: undefined, name: 'catalog', actions: ['*'] }]
      : undefined;
  }
  const name = findRepository(path);
  if (name === undefined || name.length > maxNameLength) return undefined;
  const own: Scope = { type: 'repository', class: undefined, name, actions };
  // To mount a blob from another repository, pull rights there are needed. The registry reads `from` for every
  // method.
  const from = mark < 0 ? null : new URLSearchParams(target.slice(mark + 1)).get('from');
  if (!from) return [own];
  if (!wholeName.test(from) || from.length > maxNameLength) return undefined;
  return [own, { type: 'repository', class: undefined, name: from, actions: ['pull'] }];
}

function findRepository(path: string): string | undefined {
  for (const route of routes) {
    const name = route.exec(path)?.groups?.['name'];
    if (name !== undefined) return name;
  }
  return undefined;
}

/** Decodes the path once, as the registry does. Returns undefined if it cannot be decoded. */
function decodePath(path: string): string | undefined {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** github.com/opencontainers/go-digest, DigestRegexp. */
function digestSource(): string {
  return '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';
}
