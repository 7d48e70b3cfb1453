import { digestOf, mediaTypes, type Pushed } from './push.ts';

/** Pushes and pulls through an edge, one request at a time, with Basic credentials. */
export interface RawPusher {
  send(method: string, path: string, body?: string, headers?: Record<string, string>): Promise<Response>;
  /** Begins an upload. @returns its path, which `finish` needs */
  begin(repository: string): Promise<string>;
  /** Sends the content of an upload, and ends it. */
  finish(upload: string, content: string): Promise<Pushed>;
  /** Pushes a layer as docker does: sends it only if the registry does not have it. */
  layer(repository: string, content: string): Promise<Pushed>;
  manifest(repository: string, tag: string, config: Pushed, layers: readonly Pushed[]): Promise<Pushed>;
  /** Pushes an image with one layer of this content. */
  image(repository: string, tag: string, layer: string): Promise<Pushed>;
  /** Returns the status of each request that a pull of this image needs. */
  pull(repository: string, tag: string): Promise<readonly number[]>;
}

/** @param origin `http://localhost:PORT` @param credentials `name:password` */
export function rawPusher(origin: string, credentials: string): RawPusher {
  const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
  const send: RawPusher['send'] = (method, path, body, headers) =>
    fetch(new URL(path, origin), {
      method,
      redirect: 'manual',
      headers: { authorization, ...headers },
      ...(body !== undefined && { body }),
    });
  const must = async (status: number, ...request: Parameters<RawPusher['send']>): Promise<Response> => {
    const answer = await send(...request);
    if (answer.status !== status)
      throw new Error(`${request[0]} ${request[1]}: ${answer.status} ${await answer.text()}`);
    await answer.bytes();
    return answer;
  };
  const begin: RawPusher['begin'] = async (repository) =>
    (await must(202, 'POST', `/v2/${repository}/blobs/uploads/`)).headers.get('location') ?? '';
  const finish: RawPusher['finish'] = async (upload, content) => {
    const octets = { 'content-type': 'application/octet-stream' };
    const patched = await must(202, 'PATCH', upload, content, octets);
    const last = new URL(patched.headers.get('location') ?? '', origin);
    last.searchParams.set('digest', digestOf(content));
    await must(201, 'PUT', last.pathname + last.search);
    return { mediaType: mediaTypes.layer, digest: digestOf(content), size: Buffer.byteLength(content) };
  };
  const layer: RawPusher['layer'] = async (repository, content) => {
    const { status } = await send('HEAD', `/v2/${repository}/blobs/${digestOf(content)}`);
    if (status === 404) return finish(await begin(repository), content);
    return { mediaType: mediaTypes.layer, digest: digestOf(content), size: Buffer.byteLength(content) };
  };
  const manifest: RawPusher['manifest'] = async (repository, tag, config, layers) => {
    const value = {
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: { ...config, mediaType: mediaTypes.config },
      layers,
    };
    const text = JSON.stringify(value);
    await must(201, 'PUT', `/v2/${repository}/manifests/${tag}`, text, { 'content-type': value.mediaType });
    return { mediaType: value.mediaType, digest: digestOf(text), size: text.length };
  };
  return {
    ...{ send, begin, finish, layer, manifest },
    image: async (repository, tag, content) =>
      manifest(repository, tag, await layer(repository, '{}'), [await layer(repository, content)]),
    pull: async (repository, tag) => {
      const accept = { accept: mediaTypes.manifest };
      const found = await send('GET', `/v2/${repository}/manifests/${tag}`, undefined, accept);
      if (found.status !== 200) return [found.status];
      const { config, layers } = (await found.json()) as { config: Pushed; layers: readonly Pushed[] };
      const statuses = [200];
      for (const { digest } of [config, ...layers]) {
        const answer = await send('GET', `/v2/${repository}/blobs/${digest}`);
        statuses.push(digestOf(await answer.bytes()) === digest ? answer.status : 0);
      }
      return statuses;
    },
  };
}
