import { createHash } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterwards } from '../run/afterwards.ts';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';

/**
 * Starts a registry with the given images that accepts every token. Like distribution 2.8, it deletes only manifests with
 * all their tags. In repositories whose names begin with `v3/`, it deletes single tags, like distribution 3.
 * @param images the content of each image, by tag, by repository. Equal contents are one image with several tags
 * @returns the URL of the registry
 */
export async function startStubRegistry(
  images: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Promise<string> {
  const repositories = new Map(
    Object.entries(images).map(([name, tags]) => [
      name,
      new Map(Object.entries(tags).map(([tag, content]) => [tag, manifestOf(content)])),
    ]),
  );
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://registry.invalid');
    if (pathname === '/v2/_catalog') return json(response, { repositories: [...repositories.keys()] });
    const [, name = '', kind, reference = ''] =
      /^\/v2\/(.+)\/(tags|manifests|blobs)\/([^/]+)$/.exec(pathname) ?? [];
    const tags = repositories.get(name);
    if (request.method === 'DELETE' && !reference.includes(':') && !name.startsWith('v3/'))
      return void response.writeHead(400).end();
    if (tags === undefined) return missing(response, 'NAME_UNKNOWN');
    if (kind === 'tags') return json(response, { name, tags: [...tags.keys()] });
    const found = tags.get(reference) ?? [...tags.values()].find(({ digest }) => digest === reference);
    if (found === undefined || kind === 'blobs') return missing(response, 'MANIFEST_UNKNOWN');
    if (request.method === 'DELETE') {
      tags.delete(reference);
      for (const [tag, { digest }] of tags) if (digest === reference) tags.delete(tag);
      return void response.writeHead(202).end();
    }
    response.writeHead(200, { 'Content-Type': manifestType, 'Docker-Content-Digest': found.digest });
    response.end(request.method === 'HEAD' ? undefined : found.text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterwards(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Manifest {
  readonly text: string;
  readonly digest: string;
}

function manifestOf(content: string): Manifest {
  const descriptor = {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    size: 2,
    digest: digestOf('{}'),
  };
  const text = JSON.stringify({
    ...{ schemaVersion: 2, mediaType: manifestType, config: descriptor, layers: [] },
    annotations: { content },
  });
  return { text, digest: digestOf(text) };
}

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

function json(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

function missing(response: ServerResponse, code: string): void {
  response.writeHead(404, { 'Content-Type': 'application/json' }).end(JSON.stringify({ errors: [{ code }] }));
}
