import { isIPv6 } from 'node:net';
import { DockpassError } from '../errors.ts';

/**
 * The name and port under which a client reached the server. `name` is in lower case, without a trailing dot. An IPv6
 * address is compressed and without brackets. `port` is undefined for the default ports 80 and 443, because some
 * clients send these ports and others leave them out.
 */
export interface Host {
  readonly name: string;
  readonly port: number | undefined;
}

const label = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
const dnsName = new RegExp(`^${label}(?:\\.${label})*$`);
const maxNameLength = 253;

/**
 * Parses the value of a Host header, `uri-host [":" port]` (RFC 9112 section 3.2), into its canonical form.
 * @throws DockpassError `bad_host`
 */
export function parseHost(text: string): Host {
  const split = /^(\[[0-9A-Fa-f:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(text);
  if (split?.[1] === undefined) throw badHost();
  return { name: canonicalName(split[1]), port: canonicalPort(split[2]) };
}

/**
 * Formats a host as text that {@link parseHost} can parse: an IPv6 address gets brackets, and a default port is left
 * out.
 */
export function formatHost(host: Host): string {
  const name = host.name.includes(':') ? `[${host.name}]` : host.name;
  return host.port === undefined ? name : `${name}:${host.port}`;
}

function canonicalName(text: string): string {
  if (text.startsWith('[')) {
    if (!isIPv6(text.slice(1, -1))) throw badHost();
    return new URL(`http://${text}`).hostname.slice(1, -1);
  }
  const name = text.toLowerCase().replace(/\.$/, '');
  if (name.length > maxNameLength || !dnsName.test(name)) throw badHost();
  return name;
}

function canonicalPort(digits: string | undefined): number | undefined {
  if (digits === undefined) return undefined;
  const port = Number(digits);
  if (port < 1 || port > 65535) throw badHost();
  return port === 80 || port === 443 ? undefined : port;
}

function badHost(): DockpassError {
  return new DockpassError(
    'bad_host',
    'the Host header is not a host name with an optional port. Configure the reverse proxy to pass on the Host header of the client.',
  );
}
