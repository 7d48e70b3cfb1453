import { DockpassError, messageOf } from '../errors.ts';
import type { Scope } from '../scope/scope.ts';

/** The part of a registry's API that operators need (https://distribution.github.io/distribution/spec/api/). */
export interface RegistryApi {
  /** All repositories, by name; those that are empty since a deletion among them. */
  repositories(): Promise<string[]>;
  /** @throws DockpassError `no_such_image` where there is no such repository */
  tags(repository: string): Promise<string[]>;
  /** The digest of the manifest that a tag or digest names. @throws DockpassError `no_such_image` */
  digestOf(repository: string, reference: string): Promise<string>;
  /** @throws DockpassError `deletion_is_off`, `no_such_image` */
  deleteManifest(repository: string, digest: string): Promise<void>;
}

/** A token that gives exactly this scope, for the Authorization header. */
export type Authorize = (scope: Scope) => Promise<string>;

/** Milliseconds. A catalog of a big registry takes its time. */
const patience = 60_000;

/** Without all of these a registry converts what it has, and the digest is that of the conversion. */
const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
].join(', ');

/**
 * @param registry its address, without `/v2/`
 * Each method may throw DockpassError `registry_unreachable` or `registry_refused`.
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
      return await fetch(new URL(path, registry), {
        method,
        headers: { ...headers, Authorization: authorization },
        // A redirect would take the token along.
        redirect: 'error',
        signal: AbortSignal.timeout(patience),
      });
    } catch (cause) {
      throw unreachable(registry, cause);
    }
  };

  /** Follows `Link: …; rel="next"` (RFC 8288) until there is none. */
  const pages = async (path: string, scope: Scope, key: string, what: string): Promise<string[]> => {
    const found: string[] = [];
    const seen = new Set<string>();
    for (let next: string | undefined = path; next !== undefined && !seen.has(next);) {
      seen.add(next);
      const answer: Response = await send('GET', next, scope);
      if (!answer.ok) throw await refusal(answer, registry, what);
      const page = ((await answer.json()) as Record<string, unknown>)[key];
      // A repository whose last tag was deleted has `null` here.
      if (Array.isArray(page)) found.push(...page.map(String));
      next = nextPage(answer, new URL(next, registry));
    }
    return found;
  };

  return {
    repositories: () => pages('/v2/_catalog', catalog, 'repositories', 'the catalog'),
    tags: (repository) =>
      pages(`/v2/${repository}/tags/list`, on(repository, 'pull'), 'tags', `the repository ${repository}`),
    digestOf: async (repository, reference) => {
      const what = named(repository, reference);
      const path = `/v2/${repository}/manifests/${reference}`;
      const answer = await send('HEAD', path, on(repository, 'pull'), { Accept: manifestTypes });
      const digest = answer.headers.get('Docker-Content-Digest');
      if (!answer.ok || digest === null) throw await refusal(answer, registry, what);
      return digest;
    },
    deleteManifest: async (repository, digest) => {
      const path = `/v2/${repository}/manifests/${digest}`;
      const answer = await send('DELETE', path, on(repository, 'delete'));
      if (answer.status === 405) throw deletionIsOff(registry);
      if (!answer.ok) throw await refusal(answer, registry, named(repository, digest));
    },
  };
}

/** `REPO:TAG` or `REPO@DIGEST`. */
export function named(repository: string, reference: string): string {
  return `${repository}${reference.includes(':') ? '@' : ':'}${reference}`;
}

const catalog: Scope = { type: 'registry', class: undefined, name: 'catalog', actions: ['*'] };

function on(repository: string, action: 'pull' | 'delete'): Scope {
  return { type: 'repository', class: undefined, name: repository, actions: [action] };
}

/** Path and query alone: wherever the registry thinks it is, it stays where we found it. */
function nextPage(answer: Response, asked: URL): string | undefined {
  const target = /<([^>]*)>\s*;[^,]*\brel="?next"?/.exec(answer.headers.get('Link') ?? '')?.[1];
  if (target === undefined || !URL.canParse(target, asked)) return undefined;
  const { pathname, search } = new URL(target, asked);
  return pathname + search;
}

async function refusal(answer: Response, registry: URL, what: string): Promise<DockpassError> {
  if (answer.status === 404) return new DockpassError('no_such_image', `${registry.host} has not ${what}`);
  if (answer.status === 401 || answer.status === 403) {
    return new DockpassError(
      'registry_refused',
      `the registry ${registry.host} takes no token of ours: its auth.token wants our rootcertbundle ("dockpass keys export"), and service and issuer as in "dockpass check --show"`,
    );
  }
  return new DockpassError(
    'registry_refused',
    `the registry ${registry.host} answered ${answer.status} for ${what}: ${(await answer.text()).slice(0, 300)}`,
  );
}

function deletionIsOff(registry: URL): DockpassError {
  return new DockpassError(
    'deletion_is_off',
    `the registry ${registry.host} has deletion switched off: start it with REGISTRY_STORAGE_DELETE_ENABLED=true, or set storage.delete.enabled: true in its configuration`,
  );
}

function unreachable(registry: URL, error: unknown): DockpassError {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return new DockpassError(
    'registry_unreachable',
    `no registry answers at ${registry.origin} (${messageOf(cause)}): start it, or name another with --registry URL`,
    { cause: error },
  );
}
