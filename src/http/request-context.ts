import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { DockpassError } from '../errors.ts';
import { formatListen } from '../net/listen-address.ts';
import { parseHost, type Host } from '../net/host.ts';
import { memoize } from '../cache/memoize.ts';
import { plainAddress, type TrustedProxies } from '../net/trusted-proxies.ts';

/** What every route knows of a request: the parts of it that a proxy in front may and may not decide. */
export interface RequestContext {
  readonly host: Host;
  /** Is the other end of the connection a proxy whose headers are believed? */
  readonly peerIsTrusted: boolean;
  /** The client's address: the last in X-Forwarded-For that is no trusted proxy, else the peer's. */
  readonly address: string;
  /** The User-Agent, cut short; for audit and session lists. */
  readonly client: string;
  /** The raw Authorization header; undefined where there is none. */
  readonly authorization: string | undefined;
  /** The path, without query, of the origin form. */
  readonly path: string;
  /** Without the question mark; empty where there is none. */
  readonly query: string;
}

/**
 * Reads what is common to all routes, once. The Host is believed where the peer is a trusted proxy; to any other
 * peer only what the socket itself says counts, so that nobody who reaches the port directly picks their realm.
 * @throws DockpassError `bad_request`, `bad_host`
 */
export function readContext(request: IncomingMessage, trusted: TrustedProxies): RequestContext {
  refuseRepeated(request.rawHeaders);
  const { path, query, authority } = readTarget(request.url ?? '/');
  const { socket, headers } = request;
  const peer = peerOf(socket, trusted);
  const named = headers.host;
  if (named === undefined && request.httpVersion === '1.1') {
    // RFC 9112 section 3.2. HTTP/1.0 knows no Host.
    throw new DockpassError('bad_request', 'the request has no Host header');
  }
  const host = peer.trusted && named !== undefined ? readHost(named) : ownHost(socket);
  if (authority !== undefined && !sameHost(authority, named)) {
    throw new DockpassError('bad_request', 'the request line and the Host header name different hosts');
  }
  const forwarded = peer.trusted ? headers['x-forwarded-for'] : undefined;
  return {
    host,
    peerIsTrusted: peer.trusted,
    address: forwarded === undefined ? peer.address : clientAddress(String(forwarded), peer.address, trusted),
    client: (headers['user-agent'] ?? '').slice(0, 120),
    authorization: headers.authorization,
    path,
    query,
  };
}

/** Node keeps the first of two and says nothing; a proxy in front may have looked at the other. */
function refuseRepeated(rawHeaders: readonly string[]): void {
  let hosts = 0;
  let authorizations = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++;
    else if (name.length === 13 && name.toLowerCase() === 'authorization') authorizations++;
  }
  if (hosts > 1) throw new DockpassError('bad_request', 'the request has two Host headers; send one');
  if (authorizations > 1)
    throw new DockpassError('bad_request', 'the request has two Authorization headers; send one');
}

function readTarget(target: string): { path: string; query: string; authority?: string } {
  if (!target.startsWith('/')) {
    // RFC 9112 section 3.2.2: a server must accept the absolute form.
    const absolute = /^https?:\/\/([^/?#]*)(\/[^?#]*)?(?:\?([^#]*))?$/i.exec(target);
    if (absolute?.[1] === undefined)
      throw new DockpassError('bad_request', 'the request target is neither a path nor a URL');
    return { authority: absolute[1], path: absolute[2] ?? '/', query: absolute[3] ?? '' };
  }
  const mark = target.indexOf('?');
  return mark < 0
    ? { path: target, query: '' }
    : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

/** Fleets come under few names. */
const readHost = memoize(1000, parseHost);

function sameHost(authority: string, named: string | undefined): boolean {
  const [one, other] = [parseHost(authority), named === undefined ? undefined : parseHost(named)];
  return other !== undefined && one.name === other.name && one.port === other.port;
}

interface Peer {
  readonly by: TrustedProxies;
  readonly address: string;
  readonly trusted: boolean;
}

/** A connection's peer never changes: looked up once, then kept with the socket, until a reload trusts others. */
const peers = new WeakMap<Socket, Peer>();

function peerOf(socket: Socket, trusted: TrustedProxies): Peer {
  let peer = peers.get(socket);
  if (peer?.by !== trusted) {
    const address = plainAddress(socket.remoteAddress ?? '');
    peer = { by: trusted, address, trusted: address !== '' && trusted.contains(address) };
    peers.set(socket, peer);
  }
  return peer;
}

/** The address that the client really connected to. */
function ownHost(socket: Socket): Host {
  return parseHost(
    formatListen({ host: plainAddress(socket.localAddress ?? '127.0.0.1'), port: socket.localPort ?? 80 }),
  );
}

/**
 * From the right: each trusted proxy added the peer it saw; the first that is not trusted is the client. Where all of
 * them are (a client of one's own network, with `private` among the trusted proxies), the furthest is.
 */
function clientAddress(forwarded: string, peer: string, trusted: TrustedProxies): string {
  let furthest = peer;
  for (const entry of forwarded.split(',').reverse()) {
    const address = plainAddress(entry.trim());
    if (!/^[0-9a-fA-F.:]{2,45}$/.test(address)) return furthest;
    if (!trusted.contains(address)) return address;
    furthest = address;
  }
  return furthest;
}
