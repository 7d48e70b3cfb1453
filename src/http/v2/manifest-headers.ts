import type { IncomingMessage } from 'node:http';
import type { RequestContext } from '../request-context.ts';

/** Headers that concern only one connection (RFC 9110 section 7.6.1), and those that describe how a body is sent. */
const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/**
 * Headers of the client's request that the registry must not receive as they are. The registry would believe the first
 * five. A cookie can be a login at the console.
 */
const replaced = [
  'host',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'forwarded',
  'x-real-ip',
  'x-forwarded-method',
  'x-forwarded-uri',
  'authorization',
  'cookie',
  'content-length',
  'expect',
];

const notToRegistry: ReadonlySet<string> = new Set([...hopByHop, ...replaced]);
const notToClient: ReadonlySet<string> = new Set(hopByHop);

/**
 * Returns the headers of the request to the registry: those of the client's request, with the host, the scheme and the
 * address of the client as the edge sent them. The registry makes the URLs in its answers from them.
 * @param authorization the header with the token. Undefined if there is none
 */
export function toRegistryHeaders(
  request: IncomingMessage,
  { address, peerIsTrusted }: RequestContext,
  host: string,
  authorization: string | undefined,
): string[] {
  const scheme = peerIsTrusted ? request.headers['x-forwarded-proto'] : undefined;
  return [
    ...['Host', host],
    ...select(request.rawHeaders, notToRegistry, request.headers.connection),
    ...(scheme === 'http' || scheme === 'https' ? ['X-Forwarded-Proto', scheme] : []),
    ...['X-Forwarded-For', address],
    ...(authorization === undefined ? [] : ['Authorization', authorization]),
  ];
}

/** Returns the headers of the registry's answer that the client receives. */
export function toClientHeaders({ rawHeaders, headers }: IncomingMessage): string[] {
  return select(rawHeaders, notToClient, headers.connection);
}

/** Returns the headers that are neither in `removed` nor named in the Connection header. */
function select(
  rawHeaders: readonly string[],
  removed: ReadonlySet<string>,
  connection: string | undefined,
): string[] {
  const named = new Set((connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
  const selected: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2);
    if (!removed.has(name.toLowerCase()) && !named.has(name.toLowerCase())) selected.push(name, value);
  }
  return selected;
}
