import { isIPv6 } from 'node:net';
import { DockpassError } from '../errors.ts';

/**
 * The name under which a client reached us, canonical: lower case, no trailing dot, IPv6 compressed and without
 * brackets. `port` is undefined for the default ports 80 and 443, which clients leave out at will.
 */
export interface Host {
  readonly name: string;
  readonly port: number | undefined;
}

const label = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
const dnsName = new RegExp(`^${label}(?:\\.${label})*$`);
const maxNameLength = 253;

/**
 * Reads a Host header's value (RFC 9112 section 3.2: uri-host [":" port]) into its canonical form.
 * @throws DockpassError `bad_host` for anything that is not exactly a host and a port.
 */
export function parseHost(text: string): Host {
  const split = /^(\[[0-9A-Fa-f:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(text);
  if (split?.[1] === undefined) throw badHost();
  return { name: canonicalName(split[1]), port: canonicalPort(split[2]) };
}

/** The inverse of {@link parseHost}: brackets for IPv6, the port only where it says something. */
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
    'the Host header is not a host name with an optional port; the proxy in front must pass on the name that the client used',
  );
}
