import { randomBytes } from 'node:crypto';
import { DockpassError } from '../errors.ts';
import type { Scope } from '../scope/scope.ts';
import { deletionIsOff, errorOf, unreadable } from './api-errors.ts';
import {
  hasDigest,
  nextPage,
  readBytes,
  readObject,
  sendRequest,
  urlAt,
  type Authorize,
  type RegistryRequest,
} from './api-requests.ts';

export type { Authorize } from './api-requests.ts';

/** A manifest as the registry stores it (https://github.com/opencontainers/image-spec). */
export interface StoredManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly content: Uint8Array;
}

/**
 * The requests that dockpass sends to the API of a registry (https://distribution.github.io/distribution/spec/api/).
 */
export interface RegistryApi {
  /**
   * Returns the time that the registry shows in the header `Date` (RFC 9110, section 6.6.1), in milliseconds since the
   * epoch and to the second. Undefined if it sends none.
   */
  time(): Promise<number | undefined>;
  /** Returns the names of all repositories, including repositories whose images were all deleted. */
  repositories(): Promise<string[]>;
  /** Returns whether the registry answers requests for a page of `n` repositories. It lists none of them. */
  allowsPageSize(n: number): Promise<boolean>;
  /** Returns the tags of a repository. @throws DockpassError `no_such_image` if the repository does not exist */
  tags(repository: string): Promise<string[]>;
  /** Returns the digest of the manifest with this tag or digest. @throws DockpassError `no_such_image` */
  digestOf(repository: string, reference: string): Promise<string>;
  /** Returns the manifest with this tag or digest. @throws DockpassError `no_such_image` */
  manifest(repository: string, reference: string): Promise<StoredManifest>;
  /**
   * Returns a blob.
   * @param maxBytes if the blob is larger, the method throws `registry_refused`
   * @throws DockpassError `no_such_image`
   */
  blob(repository: string, digest: string, maxBytes: number): Promise<Uint8Array>;
  /**
   * Returns the index of the manifests that refer to a manifest (OCI distribution specification, "Listing Referrers").
   * Undefined if the registry does not have this endpoint. Distribution 2.8, 3.0 and 3.1 do not have it.
   */
  referrers(repository: string, digest: string): Promise<Uint8Array | undefined>;
  /** Deletes the manifest with this digest, and its tags. @throws DockpassError `deletion_is_off`, `no_such_image` */
  deleteManifest(repository: string, digest: string): Promise<void>;
  /**
   * Returns whether the registry can delete one tag of the repository and keep its manifest. Distribution 3 can, and
   * distribution 2.8 cannot. Nothing is deleted to find out.
   * @throws DockpassError `deletion_is_off`
   */
  deletesSingleTags(repository: string): Promise<boolean>;
  /** Deletes one tag and keeps the manifest and its other tags. @throws DockpassError `no_such_image` */
  deleteTag(repository: string, tag: string): Promise<void>;
}

/**
 * The manifest types that the `Accept` header lists. If this list did not contain the type of a manifest, a registry
 * could convert the manifest and answer with the digest of the converted manifest.
 */
const Accept = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
].join(', ');

/** The largest manifest that registries accept, in bytes (maxManifestBodySize of distribution). */
const maxManifestBytes = 4 << 20;

/**
 * The number of repositories that are requested in one page of the catalog. A registry rejects a larger number than its
 * setting `catalog.maxentries`, whose default is 1000.
 */
const catalogPage = 1000;

/**
 * Creates a client of the registry API. Each method may throw DockpassError `registry_unreachable` or
 * `registry_refused`.
 * @param registry the URL of the registry, without `/v2/`
 */
export function registryApi(registry: URL, authorize: Authorize): RegistryApi {
  const send = (request: RegistryRequest): Promise<Response> => sendRequest(registry, authorize, request);

  /**
   * Reads a list page by page. Each page except the last has the header `Link: …; rel="next"` (RFC 8288), which
   * contains the URL of the next page. A page that repeats names, or a link that repeats a page, changes nothing.
   * @param what a name of the list for error messages, such as `the catalog`
   */
  const readPages = async (first: Response, path: string, { scope, key, what }: List): Promise<string[]> => {
    const found = new Set<string>();
    const seen = new Set<string>();
    let answer = first;
    for (let next: string | undefined = path; next !== undefined && !seen.has(next);) {
      if (seen.size > 0) answer = await send({ method: 'GET', path: next, scope });
      seen.add(next);
      if (!answer.ok) throw await errorOf(answer, registry, what);
      const page = (await readObject(answer, registry, what))[key];
      // If all tags of a repository were deleted, the registry answers `null` instead of a list.
      if (Array.isArray(page)) for (const name of page) found.add(String(name));
      next = nextPage(answer, urlAt(registry, next));
    }
    return [...found];
  };

  const askManifest = (method: 'GET' | 'HEAD', repository: string, reference: string): Promise<Response> =>
    send({
      method,
      path: manifestPath(repository, reference),
      scope: repositoryScope(repository, 'pull'),
      headers: { Accept },
    });

  return {
    time: async () => {
      const answer = await send({ method: 'GET', path: '/v2/', scope: catalogScope });
      await answer.body?.cancel();
      const at = Date.parse(answer.headers.get('Date') ?? '');
      return Number.isNaN(at) ? undefined : at;
    },
    repositories: async () => {
      const list = { scope: catalogScope, key: 'repositories', what: 'the catalog' };
      const large = `/v2/_catalog?n=${catalogPage}`;
      const answer = await send({ method: 'GET', path: large, scope: catalogScope });
      if (answer.status !== 400) return readPages(answer, large, list);
      // The registry allows only smaller pages. Without `n`, it chooses the size itself.
      await answer.body?.cancel();
      const path = '/v2/_catalog';
      return readPages(await send({ method: 'GET', path, scope: catalogScope }), path, list);
    },
    allowsPageSize: async (n) => {
      // No name of a repository comes after a tilde, so the page is empty.
      const answer = await send({ method: 'GET', path: `/v2/_catalog?n=${n}&last=~`, scope: catalogScope });
      await answer.body?.cancel();
      if (!answer.ok && answer.status !== 400) throw await errorOf(answer, registry, 'the catalog');
      return answer.ok;
    },
    tags: async (repository) => {
      // Without `n`, all versions of distribution send all tags at once. With `n`, 3.0 and 3.1 order them differently.
      const path = `/v2/${repository}/tags/list`;
      const scope = repositoryScope(repository, 'pull');
      const list = { scope, key: 'tags', what: `the repository ${repository}` };
      return readPages(await send({ method: 'GET', path, scope }), path, list);
    },
    digestOf: async (repository, reference) => {
      const what = formatReference(repository, reference);
      const answer = await askManifest('HEAD', repository, reference);
      const digest = answer.headers.get('Docker-Content-Digest');
      if (!answer.ok || digest === null) throw await errorOf(answer, registry, what);
      // Check the digest, because it becomes part of a URL and of a question to the user.
      if (!wholeDigest.test(digest)) throw unreadable(registry, what);
      return digest;
    },
    manifest: async (repository, reference) => {
      const what = formatReference(repository, reference);
      const answer = await askManifest('GET', repository, reference);
      const content = await readBytes(answer, registry, what, maxManifestBytes);
      const digest = answer.headers.get('Docker-Content-Digest') ?? reference;
      const mediaType = (answer.headers.get('Content-Type') ?? '').split(';', 1)[0] ?? '';
      if (!wholeDigest.test(digest)) throw unreadable(registry, what);
      // The digest of a signed manifest of the old format does not include its signatures.
      if (!mediaType.endsWith('.v1+prettyjws') && !hasDigest(content, digest))
        throw unreadable(registry, what);
      return { digest, mediaType, content };
    },
    blob: async (repository, digest, maxBytes) => {
      const what = formatReference(repository, digest);
      const answer = await send({
        method: 'GET',
        path: `/v2/${repository}/blobs/${digest}`,
        scope: repositoryScope(repository, 'pull'),
        mayRedirect: true,
      });
      const content = await readBytes(answer, registry, what, maxBytes);
      if (!hasDigest(content, digest)) throw unreadable(registry, what);
      return content;
    },
    referrers: async (repository, digest) => {
      const path = `/v2/${repository}/referrers/${digest}`;
      const answer = await send({ method: 'GET', path, scope: repositoryScope(repository, 'pull') });
      if (!answer.ok) {
        await answer.body?.cancel();
        return undefined;
      }
      return readBytes(answer, registry, formatReference(repository, digest), maxManifestBytes);
    },
    deleteManifest: async (repository, digest) => {
      const answer = await send({
        method: 'DELETE',
        path: manifestPath(repository, digest),
        scope: repositoryScope(repository, 'delete'),
      });
      if (answer.status === 405) throw deletionIsOff(registry);
      if (!answer.ok) throw await errorOf(answer, registry, formatReference(repository, digest));
    },
    deletesSingleTags: async (repository) => {
      const scope = repositoryScope(repository, 'delete');
      const statusOf = async (reference: string): Promise<number> => {
        const path = manifestPath(repository, reference);
        const answer = await send({ method: 'DELETE', path, scope });
        await answer.body?.cancel();
        return answer.status;
      };
      // Distribution 3.0 deletes tags even if deletion is off, so ask for a digest first.
      if ((await statusOf(noDigest)) === 405) throw deletionIsOff(registry);
      const status = await statusOf(`dockpass-${randomBytes(16).toString('hex')}`);
      // Distribution 2.8 answers 400 `DIGEST_INVALID`, because it expects a digest.
      return status === 404;
    },
    deleteTag: async (repository, tag) => {
      const scope = repositoryScope(repository, 'delete');
      const answer = await send({ method: 'DELETE', path: manifestPath(repository, tag), scope });
      if (answer.status === 405) throw deletionIsOff(registry);
      if (!answer.ok) throw await errorOf(answer, registry, formatReference(repository, tag));
    },
  };
}

interface List {
  readonly scope: Scope;
  /** The member of each page that contains the names. */
  readonly key: string;
  readonly what: string;
}

/** Returns the reference as `REPO:TAG` or `REPO@DIGEST`. */
export function formatReference(repository: string, reference: string): string {
  return `${repository}${reference.includes(':') ? '@' : ':'}${reference}`;
}

/** A digest in the syntax of the OCI image specification, with at least 128 bits in hexadecimal digits. */
export const wholeDigest = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-f]{32,}$/;

/** A tag in the syntax of the OCI distribution specification. */
export const wholeTag = /^\w[\w.-]{0,127}$/;

/** A valid digest whose content no one knows. */
const noDigest = `sha256:${'0'.repeat(64)}`;

const catalogScope: Scope = { type: 'registry', class: undefined, name: 'catalog', actions: ['*'] };

function manifestPath(repository: string, reference: string): string {
  return `/v2/${repository}/manifests/${reference}`;
}

function repositoryScope(repository: string, action: 'pull' | 'delete'): Scope {
  return { type: 'repository', class: undefined, name: repository, actions: [action] };
}

/** Returns true if the error says that the registry does not have the repository, tag or digest. */
export function isMissing(error: unknown): boolean {
  return error instanceof DockpassError && error.code === 'no_such_image';
}

/** Returns the answer of the registry, or undefined if it does not have the repository, tag or digest. */
export async function orMissing<Result>(work: Promise<Result>): Promise<Result | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
