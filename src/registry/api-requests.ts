import { createHash } from 'node:crypto';
import type { DockpassError } from '../errors.ts';
import type { Scope } from '../scope/scope.ts';
import { errorOf, tooLarge, unreachable, unreadable } from './api-errors.ts';

/** Creates a token that grants exactly this scope. The API client sends the token as `Authorization: Bearer TOKEN`. */
export type Authorize = (scope: Scope) => Promise<string>;

/** The timeout of a request. It is long, because a large registry needs tens of seconds to list its catalog. */
const requestTimeoutMs = 60_000;

export interface RegistryRequest {
  readonly method: 'GET' | 'HEAD' | 'DELETE';
  /** A path with an optional query; it begins with a slash. */
  readonly path: string;
  readonly scope: Scope;
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Whether a redirect of the registry is followed. A registry on object storage redirects requests for blobs. The
   * second request is sent without the token.
   */
  readonly mayRedirect?: boolean;
}

/** Sends a request to a registry. @throws DockpassError `registry_unreachable` */
export async function sendRequest(
  registry: URL,
  authorize: Authorize,
  { method, path, scope, headers = {}, mayRedirect = false }: RegistryRequest,
): Promise<Response> {
  const Authorization = `Bearer ${await authorize(scope)}`;
  const signal = AbortSignal.timeout(requestTimeoutMs);
  try {
    const answer = await fetch(urlAt(registry, path), {
      method,
      headers: { ...headers, Authorization },
      // Do not follow redirects here, because `fetch` would send the token to the server that the redirect names.
      redirect: mayRedirect ? 'manual' : 'error',
      signal,
    });
    const target = answer.status >= 300 && answer.status < 400 ? answer.headers.get('Location') : null;
    if (target === null) return answer;
    await answer.body?.cancel();
    return await fetch(new URL(target, registry), { method, headers, signal });
  } catch (cause) {
    throw unreachable(registry, cause);
  }
}

/**
 * Returns the URL of a request to the registry. The request contains a token, so its URL must always have the origin of
 * the registry. `new URL(path, registry)` would not ensure this: it reads a path such as `//other.example.com/` as the
 * name of another host, and the registry chooses the path of each further page of a list.
 */
export function urlAt(registry: URL, path: string): URL {
  const url = new URL(registry.origin);
  const mark = path.indexOf('?');
  url.pathname = mark < 0 ? path : path.slice(0, mark);
  url.search = mark < 0 ? '' : path.slice(mark);
  return url;
}

/**
 * Returns the path and query of the next page of a list. The host in the Link header (RFC 8288) is ignored, because it
 * may be a host name at which dockpass cannot reach the registry.
 */
export function nextPage(answer: Response, asked: URL): string | undefined {
  const target = /<([^>]*)>\s*;[^,]*\brel="?next"?/.exec(answer.headers.get('Link') ?? '')?.[1];
  if (target === undefined || !URL.canParse(target, asked)) return undefined;
  const { pathname, search } = new URL(target, asked);
  return pathname + search;
}

/** Reads an answer as a JSON object. @throws DockpassError `registry_refused` */
export async function readObject(
  answer: Response,
  registry: URL,
  what: string,
): Promise<Record<string, unknown>> {
  const body: unknown = await answer.json().catch(() => undefined);
  if (typeof body !== 'object' || body === null) throw unreadable(registry, what);
  return body as Record<string, unknown>;
}

/**
 * Reads the body of a successful answer.
 * @throws DockpassError `registry_refused` if the body is larger than `maxBytes` bytes; `no_such_image` after a 404;
 *   `registry_unreachable` if the connection breaks
 */
export async function readBytes(
  answer: Response,
  registry: URL,
  what: string,
  maxBytes: number,
): Promise<Uint8Array> {
  if (!answer.ok) throw await errorOf(answer, registry, what);
  const chunks: Uint8Array[] = [];
  let size = 0;
  let error: DockpassError | undefined;
  try {
    for await (const chunk of answer.body ?? []) {
      size += (chunk as Uint8Array).length;
      if (size > maxBytes) {
        error = tooLarge(what, maxBytes);
        break;
      }
      chunks.push(chunk as Uint8Array);
    }
  } catch (cause) {
    error = unreachable(registry, cause);
  }
  if (error !== undefined) throw error;
  return Buffer.concat(chunks);
}

/**
 * Returns false if the content does not have this digest. Digests with another algorithm than SHA-256 are not checked.
 */
export function hasDigest(content: Uint8Array, digest: string): boolean {
  if (!digest.startsWith('sha256:')) return true;
  return digest === `sha256:${createHash('sha256').update(content).digest('hex')}`;
}
