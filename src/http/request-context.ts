import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { DockpassError } from '../errors.ts';
import { clientAddressOf, unknownAddress } from '../net/forwarded-address.ts';
import { formatListen } from '../net/listen-address.ts';
import { parseHost, type Host } from '../net/host.ts';
import { plainAddress, type TrustedProxies } from '../net/trusted-proxies.ts';
import type { ServerState } from './server-state.ts';

/**
 * The parts of a request that all endpoints use. The host and the client's address come from request headers if a
 * trusted proxy sent the request.
 */
export interface RequestContext {
  readonly host: Host;
  /** True if the peer (the other end of the connection) is a trusted proxy. */
  readonly peerIsTrusted: boolean;
  /**
   * The client's IP address. If a trusted proxy sent an X-Forwarded-For header, this is the last address in the header
   * that does not belong to a trusted proxy, or `unknown` if that entry is not an IP address. In all other cases, it is
   * the address of the peer.
   */
  readonly address: string;
  /** The first 120 characters of the User-Agent, for the audit log and the session list. */
  readonly client: string;
  /** The Authorization header as sent; undefined if there is none. */
  readonly authorization: string | undefined;
  /** The path of the request target, without the query. */
  readonly path: string;
  /** The query without the question mark; empty if there is none. */
  readonly query: string;
}

/**
 * Reads the parts of a request that all endpoints use. The Host header is used only if a trusted proxy sent the
 * request. If a client reaches the port directly, the host is the local address of the connection, so that the client
 * cannot choose its realm.
 * @param target the request target as the client sent it, if express has changed `request.url`
 * @throws DockpassError `bad_request`, `bad_host`
 */
export function readContext(
  request: IncomingMessage,
  { trustedProxies, parsers }: Pick<ServerState, 'trustedProxies' | 'parsers'>,
  target = request.url ?? '/',
): RequestContext {
  rejectRepeatedHeaders(request.rawHeaders);
  const { path, query, authority } = readTarget(target);
  const { socket, headers } = request;
  const peer = peerOf(socket, trustedProxies);
  const hostHeader = headers.host;
  if (hostHeader === undefined && request.httpVersion === '1.1') {
    // RFC 9112 section 3.2 requires a Host header in HTTP/1.1 requests. In HTTP/1.0 requests, the header is optional.
    throw new DockpassError(
      'bad_request',
      'the request has no Host header. Send the name of the server in the Host header.',
    );
  }
  const host = peer.trusted && hostHeader !== undefined ? parsers.host(hostHeader) : localHost(socket);
  if (authority !== undefined && !sameHost(authority, hostHeader)) {
    throw new DockpassError(
      'bad_request',
      'the request line and the Host header name different hosts. Send the same host in both.',
    );
  }
  const forwarded = peer.trusted ? headers['x-forwarded-for'] : undefined;
  return {
    host,
    peerIsTrusted: peer.trusted,
    address: forwarded === undefined ? peer.address : clientAddressOf(String(forwarded), trustedProxies),
    client: (headers['user-agent'] ?? '').slice(0, 120),
    authorization: headers.authorization,
    path,
    query,
  };
}

/**
 * Rejects a request that has two Host headers or two Authorization headers. Node would silently use the first of the
 * two, but a proxy in front may have used the second.
 */
function rejectRepeatedHeaders(rawHeaders: readonly string[]): void {
  let hosts = 0;
  let authorizations = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++;
    else if (name.length === 13 && name.toLowerCase() === 'authorization') authorizations++;
  }
  if (hosts > 1)
    throw new DockpassError('bad_request', 'the request has more than one Host header. Send only one.');
  if (authorizations > 1)
    throw new DockpassError(
      'bad_request',
      'the request has more than one Authorization header. Send only one.',
    );
}

function readTarget(target: string): { path: string; query: string; authority?: string } {
  if (!target.startsWith('/')) {
    // RFC 9112 section 3.2.2 requires that a server accepts not only a path but also a full URL as the request target
    // (absolute form).
    const absolute = /^https?:\/\/([^/?#]*)(\/[^?#]*)?(?:\?([^#]*))?$/i.exec(target);
    if (absolute?.[1] === undefined)
      throw new DockpassError(
        'bad_request',
        'the request target is neither a path nor a URL. Send a path that begins with a slash.',
      );
    return { authority: absolute[1], path: absolute[2] ?? '/', query: absolute[3] ?? '' };
  }
  const mark = target.indexOf('?');
  return mark < 0
    ? { path: target, query: '' }
    : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

function sameHost(authority: string, hostHeader: string | undefined): boolean {
  if (hostHeader === undefined) return false;
  const [first, second] = [parseHost(authority), parseHost(hostHeader)];
  return first.name === second.name && first.port === second.port;
}

/** Returns the other end of the connection: its address, and whether it is a trusted proxy. */
function peerOf(socket: Socket, trustedProxies: TrustedProxies): { address: string; trusted: boolean } {
  // A socket has no remote address any more if its client has disconnected.
  const address = plainAddress(socket.remoteAddress ?? unknownAddress);
  return { address, trusted: address !== unknownAddress && trustedProxies.contains(address) };
}

/** Returns the local address and port of the connection as a host. */
function localHost(socket: Socket): Host {
  return parseHost(
    formatListen({ host: plainAddress(socket.localAddress ?? '127.0.0.1'), port: socket.localPort ?? 80 }),
  );
}
