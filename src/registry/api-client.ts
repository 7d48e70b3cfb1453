import { DockpassError, messageOf } from '../errors.ts';
import type { Scope } from '../scope/scope.ts';
import { formatReference } from './format-reference.ts';

/**
 * The requests that dockpass sends to the API of a registry (https://distribution.github.io/distribution/spec/api/).
 */
export interface RegistryApi {
  /** Returns the names of all repositories, including repositories whose images were all deleted. */
  repositories(): Promise<string[]>;
  /** Returns the tags of a repository. @throws DockpassError `no_such_image` if the repository does not exist */
  tags(repository: string): Promise<string[]>;
  /** Returns the digest of the manifest with this tag or digest. @throws DockpassError `no_such_image` */
  digestOf(repository: string, reference: string): Promise<string>;
  /** Deletes the manifest with this digest. @throws DockpassError `deletion_is_off`, `no_such_image` */
  deleteManifest(repository: string, digest: string): Promise<void>;
}

/** Creates a token that grants exactly this scope. The API client sends the token as `Authorization: Bearer TOKEN`. */
export type Authorize = (scope: Scope) => Promise<string>;

/** The timeout of a request. It is long, because a large registry needs tens of seconds to list its catalog. */
const requestTimeoutMs = 60_000;

/**
 * The manifest types that the `Accept` header lists. If this list did not contain the type of a manifest, a registry
 * could convert the manifest and answer with the digest of the converted manifest.
 */
const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
].join(', ');

/**
 * Creates a client of the registry API. Each method may throw DockpassError `registry_unreachable` or
 * `registry_refused`.
 * @param registry the URL of the registry, without `/v2/`
 */
export function registryApi(registry: URL, authorize: Authorize): RegistryApi {
  const send = async (
    method: string,
    path: string,
    scope: Scope,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> => {
    const authorization = `Bearer ${await authorize(scope)}`;
    try {
      return await fetch(urlAt(registry, path), {
        method,
        headers: { ...headers, Authorization: authorization },
        // Do not follow redirects, because `fetch` would send the token to the server that the redirect names.
        redirect: 'error',
        signal: AbortSignal.timeout(requestTimeoutMs),
      });
    } catch (cause) {
      throw unreachable(registry, cause);
    }
  };

  /**
   * Reads a list page by page. Each page except the last has the header `Link: …; rel="next"` (RFC 8288), which
   * contains the URL of the next page.
   * @param what a name of the list for error messages, such as `the catalog`
   */
  const readPages = async (path: string, scope: Scope, key: string, what: string): Promise<string[]> => {
    const found: string[] = [];
    const seen = new Set<string>();
    for (let next: string | undefined = path; next !== undefined && !seen.has(next);) {
      seen.add(next);
      const answer: Response = await send('GET', next, scope);
      if (!answer.ok) throw await errorOf(answer, registry, what);
      const page = (await readObject(answer, registry, what))[key];
      // If all tags of a repository were deleted, the registry answers `null` instead of a list.
      if (Array.isArray(page)) found.push(...page.map(String));
      next = nextPage(answer, urlAt(registry, next));
    }
    return found;
  };

  return {
    repositories: () => readPages('/v2/_catalog', catalogScope, 'repositories', 'the catalog'),
    tags: (repository) =>
      readPages(
        `/v2/${repository}/tags/list`,
        repositoryScope(repository, 'pull'),
        'tags',
        `the repository ${repository}`,
      ),
    digestOf: async (repository, reference) => {
      const what = formatReference(repository, reference);
      const path = `/v2/${repository}/manifests/${reference}`;
      const answer = await send('HEAD', path, repositoryScope(repository, 'pull'), { Accept: manifestTypes });
      const digest = answer.headers.get('Docker-Content-Digest');
      if (!answer.ok || digest === null) throw await errorOf(answer, registry, what);
      // Check the digest, because it becomes part of a URL and of a question to the user.
      if (!wholeDigest.test(digest)) throw unreadable(registry, what);
      return digest;
    },
    deleteManifest: async (repository, digest) => {
      const path = `/v2/${repository}/manifests/${digest}`;
      const answer = await send('DELETE', path, repositoryScope(repository, 'delete'));
      if (answer.status === 405) throw deletionIsOff(registry);
      if (!answer.ok) throw await errorOf(answer, registry, formatReference(repository, digest));
    },
  };
}

/** A digest in the syntax of the OCI image specification, with at least 128 bits in hexadecimal digits. */
const wholeDigest = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-f]{32,}$/;

/**
 * Returns the URL of a request to the registry. The request contains a token, so its URL must always have the origin of
 * the registry. `new URL(path, registry)` would not ensure this: it reads a path such as `//other.example.com/` as the
 * name of another host, and the registry chooses the path of each further page of a list.
 * @param path a path with an optional query; it begins with a slash
 */
function urlAt(registry: URL, path: string): URL {
  const url = new URL(registry.origin);
  const mark = path.indexOf('?');
  url.pathname = mark < 0 ? path : path.slice(0, mark);
  url.search = mark < 0 ? '' : path.slice(mark);
  return url;
}

const catalogScope: Scope = { type: 'registry', class: undefined, name: 'catalog', actions: ['*'] };

function repositoryScope(repository: string, action: 'pull' | 'delete'): Scope {
  return { type: 'repository', class: undefined, name: repository, actions: [action] };
}

/**
 * Returns the path and query of the next page. The host in the Link header is ignored, because it may be a host name at
 * which dockpass cannot reach the registry.
 */
function nextPage(answer: Response, asked: URL): string | undefined {
  const target = /<([^>]*)>\s*;[^,]*\brel="?next"?/.exec(answer.headers.get('Link') ?? '')?.[1];
  if (target === undefined || !URL.canParse(target, asked)) return undefined;
  const { pathname, search } = new URL(target, asked);
  return pathname + search;
}

/** Reads an answer as a JSON object. @throws DockpassError `registry_refused` */
async function readObject(answer: Response, registry: URL, what: string): Promise<Record<string, unknown>> {
  const body: unknown = await answer.json().catch(() => undefined);
  if (typeof body !== 'object' || body === null) throw unreadable(registry, what);
  return body as Record<string, unknown>;
}

function unreadable(registry: URL, what: string): DockpassError {
  return new DockpassError(
    'registry_refused',
    `the registry ${registry.host} sent an answer that cannot be read. The request was for ${what}. Check that --registry names a registry.`,
  );
}

async function errorOf(answer: Response, registry: URL, what: string): Promise<DockpassError> {
  if (answer.status === 404)
    return new DockpassError(
      'no_such_image',
      `the registry ${registry.host} does not have ${what}. List its images with "dockpass repo list" and "dockpass repo tags".`,
    );
  if (answer.status === 401 || answer.status === 403) {
    return new DockpassError(
      'registry_refused',
      `the registry ${registry.host} rejects the tokens of dockpass. In the configuration of the registry, auth.token.rootcertbundle must name a file that contains the output of "dockpass keys export". The values of auth.token.service and auth.token.issuer must be those that "dockpass check --show" prints.`,
    );
  }
  return new DockpassError(
    'registry_refused',
    `the registry ${registry.host} answered ${answer.status} to the request for ${what}: ${JSON.stringify((await answer.text()).slice(0, 300))}`,
  );
}

function deletionIsOff(registry: URL): DockpassError {
  return new DockpassError(
    'deletion_is_off',
    `deletion is off in the registry ${registry.host}. To allow deletion, start the registry with REGISTRY_STORAGE_DELETE_ENABLED=true, or set storage.delete.enabled: true in its configuration.`,
  );
}

function unreachable(registry: URL, error: unknown): DockpassError {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return new DockpassError(
    'registry_unreachable',
    `no registry answers at ${registry.origin} (${messageOf(cause)}). Start the registry, or name another one with --registry URL.`,
    { cause: error },
  );
}
