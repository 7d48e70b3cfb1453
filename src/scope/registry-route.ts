import { maxNameLength, nameGrammarSource } from './parse-scopes.ts';
import type { Scope } from './scope.ts';

/**
 * What a request on the registry's API needs, by the registry's own route table and rules
 * (distribution registry/api/v2/routes.go, descriptors.go; registry/handlers/app.go, appendAccessRecords). The
 * referrers route is the OCI distribution specification's (section "Listing Referrers").
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

/** Characters. No route of the table is nearly as long; what is longer is not worth matching. */
const maxPathLength = 1024;

/**
 * The scopes that `method` on `target` (path and query, as sent) needs; none for `/v2/` itself. Undefined for what the
 * registry does not serve: that is refused, never guessed.
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
  // Mounting a blob from another repository reads there. The registry takes `from` on every method.
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

/** Decoded once, as the registry does. Undefined where it does not decode. */
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
