import { maxNameLength, nameGrammarSource } from './parse-scopes.ts';
import type { Scope } from './scope.ts';

/**
 * The routes of the registry API that concern a single repository. These routes, and the scopes that they need, follow
 * the source code of the registry (distribution registry/api/v2/routes.go, descriptors.go; registry/handlers/app.go,
 * appendAccessRecords). Only the referrers route is from the OCI distribution specification, section "Listing
 * Referrers".
 */
const routes = [
  /^\/v2\/(?<name>NAME)\/tags\/list$/,
  /^\/v2\/(?<name>NAME)\/manifests\/(?:[\w][\w.-]{0,127}|DIGEST)$/,
  /^\/v2\/(?<name>NAME)\/blobs\/DIGEST$/,
  /^\/v2\/(?<name>NAME)\/blobs\/uploads\/(?:(?!\.{1,2}$)[a-zA-Z0-9\-_.=]+)?$/,
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

/**
 * Returns true if a request target belongs to the registry API, in any spelling: `/v2/` with repeated slashes, in upper
 * case, or with an encoded slash.
 */
export function isRegistryTarget(target: string): boolean {
  return target.startsWith('/v2/') || /^\/+v2(?:\/|%2f)/i.test(target);
}

/** The longest path that is compared with the routes, in characters. No valid path is nearly as long. */
const maxPathLength = 1024;

/**
 * Returns the scopes that a client needs to send a request with this method and target (the path and query as the
 * client sent them). A request for `/v2/` needs no scopes. Returns undefined if the registry does not serve the
 * request. The caller must deny such a request.
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
  // A client can mount a blob from another repository. The query parameter `from` names that repository, and the client
  // needs the right to pull from it. The method is not checked, because the registry reads `from` for every method.
  const from = mark < 0 ? undefined : queryValue(target.slice(mark + 1), 'from');
  if (from === undefined || from === '') return [own];
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

/**
 * Returns the first value of a query parameter, or undefined if there is none. The query is read exactly as the
 * registry reads it (ParseQuery of the Go package net/url), and not as the URL standard of browsers says: a question
 * mark at the start belongs to the first name, and parts that contain a semicolon or invalid percent-encoding are
 * ignored.
 */
function queryValue(query: string, wanted: string): string | undefined {
  for (const part of query.split('&')) {
    if (part === '' || part.includes(';')) continue;
    const equals = part.indexOf('=');
    const name = unescapeQuery(equals < 0 ? part : part.slice(0, equals));
    const value = unescapeQuery(equals < 0 ? '' : part.slice(equals + 1));
    if (name === wanted && value !== undefined) return value;
  }
  return undefined;
}

/**
 * Decodes a name or a value of a query. Returns undefined if the percent-encoding is invalid. If the decoded bytes are
 * not UTF-8, the result is one replacement character, which no repository name contains. The result is not undefined,
 * because the registry, which is written in Go, accepts such bytes.
 */
function unescapeQuery(text: string): string | undefined {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return undefined;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return '\ufffd';
  }
}

/** Decodes the path once, as the registry does. Returns undefined if it cannot be decoded. */
export function decodePath(path: string): string | undefined {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/**
 * Returns a regular expression for digests, as a string. It is DigestRegexp of github.com/opencontainers/go-digest,
 * which the routes of the registry also use. It also matches some texts that are not valid digests. The registry checks
 * the digest of each request itself.
 */
function digestSource(): string {
  return '[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+';
}
