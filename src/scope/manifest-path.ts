import { maxNameLength, nameGrammarSource } from './parse-scopes.ts';
import { decodePath } from './registry-route.ts';

/** The manifest that a path of the registry API names: `/v2/REPOSITORY/manifests/REFERENCE`. */
export interface ManifestPath {
  readonly repository: string;
  /** A tag or a digest. */
  readonly reference: string;
  /** The tag. Undefined if the reference is a digest. */
  readonly tag: string | undefined;
  /** The path in its only correct spelling, without percent-encoding. */
  readonly path: string;
  /**
   * False if the path has repeated slashes, a slash at its end, or segments such as `..`. The registry redirects such
   * paths and does not serve them.
   */
  readonly isExact: boolean;
}

const manifest = new RegExp(
  `^/v2/(?<name>${nameGrammarSource})/manifests/(?:(?<tag>\\w[\\w.-]{0,127})|(?<digest>[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+))$`,
);

/** The longest path that is read, in characters. No valid path is nearly as long. */
const maxPathLength = 1024;

/**
 * Reads the path of a request for a manifest. Percent-encoding is decoded once, as the registry does.
 * @param path the path of the request as the client sent it, without the query
 * @returns undefined if this is no path of a manifest, in any spelling
 */
export function parseManifestPath(path: string): ManifestPath | undefined {
  const decoded = decodePath(path);
  if (decoded === undefined || decoded.length > maxPathLength) return undefined;
  const clean = cleanPath(decoded);
  const { name, tag, digest } = manifest.exec(clean)?.groups ?? {};
  const reference = tag ?? digest;
  if (name === undefined || reference === undefined || name.length > maxNameLength) return undefined;
  return { repository: name, reference, tag, path: clean, isExact: decoded === clean };
}

/** Removes empty segments and dot segments (RFC 3986 section 5.2.4), as proxies and registries do. */
function cleanPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return `/${segments.join('/')}`;
}
