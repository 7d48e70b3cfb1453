import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { basic } from '../network/raw-http.ts';
import { readAnswer, type Answer } from '../network/read-answer.ts';
import { digestOf, mediaTypes } from './push.ts';

export interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** A client that pushes manifests through an edge with plain HTTP, in any spelling of the path. */
export interface ManifestClient {
  readonly bearer: (repository: string) => Promise<string>;
  /** Sends a request with the path as it is. The Authorization header is that of `bearer`, unless `headers` has one. */
  send(method: string, path: string, repository: string, sent?: Sent): Promise<Answer>;
  /** Begins a PUT of a manifest, and sends its first bytes. @returns a function that sends the rest */
  begin(repository: string, tag: string, body: string): Promise<() => Promise<Answer>>;
  /** Pushes a new layer, and returns a manifest that names it. */
  image(repository: string): Promise<string>;
  put(
    repository: string,
    reference: string,
    body: string | Buffer,
    headers?: Sent['headers'],
  ): Promise<Answer>;
  digestOf(repository: string, reference: string): Promise<string | undefined>;
}

/**
 * @param port the port of the edge, which speaks plain HTTP
 * @param host the Host header
 */
export function manifestClient(
  { port, host = `localhost:${port}` }: { readonly port: number; readonly host?: string },
  { name, password }: { readonly name: string; readonly password: string },
): ManifestClient {
  const open = (method: string, path: string, headers: Readonly<Record<string, string>>) =>
    request({ port, host: '127.0.0.1', method, path, headers: { Host: host, ...headers }, agent: false });
  const answerOf = async (sent: ReturnType<typeof request>): Promise<Answer> => {
    // An edge may answer before it has received a large body, and close the connection.
    sent.on('error', () => undefined);
    return readAnswer(sent);
  };
  const exchange = (method: string, path: string, { headers = {}, body }: Sent): Promise<Answer> => {
    const sent = open(method, path, headers);
    sent.end(body);
    return answerOf(sent);
  };
  const tokens = new Map<string, string>();
  const bearer = async (repository: string): Promise<string> => {
    const known = tokens.get(repository);
    if (known !== undefined) return known;
    const path = `/auth/token?service=registry&scope=repository:${repository}:pull,push,delete`;
    const { body } = await exchange('GET', path, { headers: { Authorization: basic(name, password) } });
    const { token } = JSON.parse(body) as { token: string };
    tokens.set(repository, `Bearer ${token}`);
    return `Bearer ${token}`;
  };
  const send: ManifestClient['send'] = async (method, path, repository, { headers, body } = {}) =>
    exchange(method, path, {
      headers: { Authorization: await bearer(repository), ...headers },
      ...(body !== undefined && { body }),
    });
  const put: ManifestClient['put'] = (repository, reference, body, headers = {}) =>
    send('PUT', `/v2/${repository}/manifests/${reference}`, repository, {
      headers: { 'Content-Type': mediaTypes.manifest, ...headers },
      body,
    });
  return {
    bearer,
    send,
    put,
    begin: async (repository, tag, body) => {
      const sent = open('PUT', `/v2/${repository}/manifests/${tag}`, {
        'Content-Type': mediaTypes.manifest,
        'Content-Length': String(Buffer.byteLength(body)),
        Authorization: await bearer(repository),
      });
      sent.write(body.slice(0, 10));
      await once(sent, 'socket');
      return () => {
        sent.end(body.slice(10));
        return answerOf(sent);
      };
    },
    image: async (repository) => {
      const content = randomBytes(64);
      const digest = digestOf(content);
      const started = await send('POST', `/v2/${repository}/blobs/uploads/`, repository);
      const upload = new URL(started.headers.location ?? '', `http://${host}`);
      upload.searchParams.set('digest', digest);
      const pushed = await send('PUT', upload.pathname + upload.search, repository, { body: content });
      if (pushed.status !== 201) throw new Error(`cannot push a layer: ${pushed.status} ${pushed.body}`);
      const blob = { digest, size: content.length };
      return JSON.stringify({
        schemaVersion: 2,
        mediaType: mediaTypes.manifest,
        config: { mediaType: mediaTypes.config, ...blob },
        layers: [{ mediaType: mediaTypes.layer, ...blob }],
      });
    },
    digestOf: async (repository, reference) => {
      const headers = { Accept: `${mediaTypes.manifest}, ${mediaTypes.index}` };
      const answer = await send('HEAD', `/v2/${repository}/manifests/${reference}`, repository, { headers });
      return answer.status === 200 ? String(answer.headers['docker-content-digest']) : undefined;
    },
  };
}
