import { readManifest, manifestTypes, type Manifest } from '../model/images/manifest.ts';
import { readConfiguration, type ImageConfiguration } from '../model/images/configuration.ts';
import { call, pathTo } from './client.ts';
import { ApiError, unreachable } from './problem.ts';

/** A manifest as the registry has stored it. */
export interface StoredManifest {
  readonly digest: string;
  readonly manifest: Manifest;
}

interface RegistryToken {
  readonly token: string;
  /** In milliseconds since the epoch. */
  readonly endsAt: number;
}

/** A token is renewed so long before it expires. */
const marginMs = 30_000;
const tokens = new Map<string, Promise<RegistryToken>>();

/**
 * Reads a manifest directly from the registry, so that it does not pass through dockpass. The registry checks a token
 * that the API issues to the session for five minutes.
 * @throws ApiError
 */
export async function fetchManifest(
  repository: string,
  reference: string,
  signal?: AbortSignal,
): Promise<StoredManifest> {
  const known = manifests.get(`${repository}@${reference}`);
  if (known !== undefined) return known;
  const path = `${registryPath(repository)}/manifests/${encodeURIComponent(reference)}`;
  const response = await fetchFromRegistry(repository, path, { Accept: manifestTypes.join(', ') }, signal);
  const json: unknown = await response.json().catch(() => undefined);
  const digest = response.headers.get('Docker-Content-Digest') ?? reference;
  const stored = { digest, manifest: readManifest(json, response.headers.get('Content-Type') ?? '') };
  manifests.set(`${repository}@${digest}`, stored);
  return stored;
}

/** Content with a digest never changes, so it is read once. The cache forgets the oldest entries. */
function createCache<T>(maxEntries: number): { get(key: string): T | undefined; set(key: string, value: T): void } {
  const entries = new Map<string, T>();
  return {
    get: (key) => entries.get(key),
    set: (key, value) => {
      const [oldest] = entries.keys();
      if (entries.size >= maxEntries && oldest !== undefined) entries.delete(oldest);
      entries.set(key, value);
    },
  };
}

const manifests = createCache<StoredManifest>(2000);
const configurations = createCache<ImageConfiguration>(500);

/** Builds the path of a repository in the registry. Its slashes stay, but all other special characters are encoded. */
function registryPath(repository: string): string {
  return `/v2/${repository.split('/').map(encodeURIComponent).join('/')}`;
}

async function fetchFromRegistry(
  repository: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<Response> {
  const { token } = await tokenFor(repository);
  const response = await fetch(path, {
    headers: { ...headers, Authorization: `Bearer ${token}` },
    credentials: 'omit',
    cache: 'no-store',
    ...(signal !== undefined && { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted === true) throw error;
    throw unreachable();
  });
  if (response.ok) return response;
  if (response.status === 401) tokens.delete(repository);
  throw await registryError(response);
}

/** Requests a token that may only pull from this repository, and uses it until shortly before it expires. */
async function tokenFor(repository: string): Promise<RegistryToken> {
  const known = tokens.get(repository);
  const current = await known?.catch(() => undefined);
  if (current !== undefined && current.endsAt > Date.now() + marginMs) return current;
  if (tokens.get(repository) === known) tokens.set(repository, requestToken(repository));
  const requested = tokens.get(repository) ?? requestToken(repository);
  requested.catch(() => tokens.delete(repository));
  return requested;
}

async function requestToken(repository: string): Promise<RegistryToken> {
  const { data } = await call<{ readonly token: string; readonly expires_in?: number }>(
    'POST',
    '/session/registry-token',
    { body: { scopes: [`repository:${repository}:pull`] }, background: true },
  );
  return { token: data.token, endsAt: Date.now() + (data.expires_in ?? 300) * 1000 };
}

/** Reads the error of a registry: `{errors: [{code, message}]}`. */
async function registryError(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => ({}))) as { errors?: readonly { message?: unknown }[] };
  const message = body.errors?.[0]?.message;
  const status = response.status;
  if (status === 404) return new ApiError(404, 'no_such_image', 'The registry does not have this image any more.');
  const said = typeof message === 'string' ? ` It said: ${message}.` : '';
  return new ApiError(
    status,
    'registry_refused',
    `The registry answered with status ${status}.${said} An administrator can check the registry and the edge on the page Doctor.`,
  );
}

/**
 * Reads the configuration of an image. It comes through the API, because a registry whose storage is S3 redirects to
 * another origin, to which a page of the console cannot send requests.
 * @throws ApiError
 */
export async function fetchConfiguration(
  repository: string,
  digest: string,
  signal?: AbortSignal,
): Promise<ImageConfiguration> {
  const known = configurations.get(`${repository}@${digest}`);
  if (known !== undefined) return known;
  const path = pathTo('repositories', repository, 'configurations', digest);
  const { data } = await call<unknown>('GET', path, signal === undefined ? {} : { signal });
  const configuration = readConfiguration(data);
  configurations.set(`${repository}@${digest}`, configuration);
  return configuration;
}
