import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterwards } from '../run/afterwards.ts';
import { digestOf, mediaTypes } from './push.ts';

/**
 * A registry in the process of the test, with the routes that the administration uses. It checks no tokens. Use it where
 * a real registry would be too slow: for 100,000 repositories, and for tests that call every route.
 */
export interface FakeRegistry {
  readonly url: string;
  /** The requests so far, as `GET /v2/_catalog?n=1000`. */
  readonly requests: readonly string[];
  addRepositories(names: Iterable<string>): void;
  /** Adds an image with this tag and returns the digest of its manifest. */
  addImage(repository: string, tag: string): string;
}

interface Content {
  readonly mediaType: string;
  readonly bytes: Buffer;
}

interface Repository {
  /** Manifests and blobs by digest. */
  readonly contents: Map<string, Content>;
  /** The digests of the tags. */
  readonly tags: Map<string, string>;
}

export async function startFakeRegistry(): Promise<FakeRegistry> {
  const repositories = new Map<string, Repository>();
  const requests: string[] = [];
  const open = (name: string): Repository => {
    const known = repositories.get(name) ?? { contents: new Map(), tags: new Map() };
    repositories.set(name, known);
    return known;
  };
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    // The clock of a test can show another time.
    response.sendDate = false;
    answer(repositories, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterwards(() => {
    server.closeAllConnections();
    server.close();
  });
  const add = ({ contents }: Repository, mediaType: string, text: string) => {
    const bytes = Buffer.from(text);
    const digest = digestOf(bytes);
    contents.set(digest, { mediaType, bytes });
    return { mediaType, digest, size: bytes.length };
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    addRepositories: (names) => {
      for (const name of names) open(name);
    },
    addImage: (name, tag) => {
      const repository = open(name);
      const config = { os: 'linux', architecture: 'amd64', created: '2026-05-04T03:02:01Z', history: [] };
      const manifest = {
        schemaVersion: 2,
        mediaType: mediaTypes.manifest,
        config: add(repository, mediaTypes.config, JSON.stringify(config)),
        layers: [add(repository, mediaTypes.layer, `the layer of ${name}:${tag}`)],
      };
      const { digest } = add(repository, mediaTypes.manifest, JSON.stringify(manifest));
      repository.tags.set(tag, digest);
      return digest;
    },
  };
}

type Repositories = ReadonlyMap<string, Repository>;

function answer(repositories: Repositories, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://registry');
  const send = (status: number, body: unknown = {}, headers: Record<string, string> = {}): void => {
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    response.end(Buffer.isBuffer(body) ? body : JSON.stringify(body));
  };
  if (pathname === '/v2/_catalog') {
    const { names, next } = catalogPage(repositories, searchParams);
    send(200, { repositories: names }, next === undefined ? {} : { Link: `<${next}>; rel="next"` });
    return;
  }
  const parts = /^\/v2\/(?<name>.+)\/(?<kind>tags|manifests|blobs|referrers)\/(?<reference>[^/]+)$/.exec(
    pathname,
  );
  const { name = '', kind = '', reference = '' } = parts?.groups ?? {};
  const repository = repositories.get(name);
  if (repository === undefined || kind === 'referrers') send(404);
  else if (kind === 'tags') send(200, { name, tags: [...repository.tags.keys()] });
  else {
    const digest = repository.tags.get(reference) ?? reference;
    const content = repository.contents.get(digest);
    if (content === undefined) send(404);
    else if (request.method === 'DELETE') {
      deleteFrom(repository, reference);
      send(202);
    } else {
      const headers = { 'Content-Type': content.mediaType, 'Docker-Content-Digest': digest };
      send(200, content.bytes, headers);
    }
  }
}

function catalogPage(repositories: Repositories, query: URLSearchParams) {
  const count = Number(query.get('n') ?? 100);
  const all = [...repositories.keys()].sort();
  const last = query.get('last');
  const from = last === null ? 0 : all.indexOf(last) + 1;
  const names = all.slice(from, from + count);
  const next = from + count < all.length ? `/v2/_catalog?last=${names.at(-1)}&n=${count}` : undefined;
  return { names, next };
}

/** Deletes a tag, or a manifest with all its tags, as distribution 3 does. */
function deleteFrom({ tags, contents }: Repository, reference: string): void {
  if (tags.delete(reference)) return;
  contents.delete(reference);
  for (const [tag, digest] of tags) if (digest === reference) tags.delete(tag);
}
