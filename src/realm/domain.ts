import { isIP } from 'node:net';
import { formatHost, parseHost, type Host } from '../net/host.ts';

/**
 * One entry of the setting `publicDomains`: `pub.example.com`, `pub.example.com:8443` or `*.pub.example.com`. The
 * wildcard matches exactly one label, as in certificates (RFC 6125 section 6.4.3). An entry without a port matches
 * requests on any port.
 */
export interface Domain {
  readonly name: string;
  /** True for a wildcard domain, `*.name`. */
  readonly wildcard: boolean;
  readonly port: 'any' | number | undefined;
}

/**
 * Parses a domain.
 * @throws DockpassError `bad_host` if the text is not a domain; TypeError if the text is `*.` followed by an IP address
 */
export function parseDomain(text: string): Domain {
  const wildcard = text.startsWith('*.');
  const host = parseHost(wildcard ? text.slice(2) : text);
  if (wildcard && isIP(host.name) !== 0)
    throw new TypeError('an IP address cannot have a wildcard, because it has no subdomains');
  return { name: host.name, wildcard, port: /:\d+$/.test(text) && !isIP(text) ? host.port : 'any' };
}

/** Formats a domain without its port, as certificates and the server blocks of a reverse proxy contain it. */
export function formatDomainName({ wildcard, name }: Domain): string {
  return wildcard ? `*.${name}` : name;
}

/**
 * Returns a regular expression in Perl syntax that matches the same hosts as {@link domainMatches}. dockpass writes
 * this expression into the configuration of the edge. The edge must compare the expression with the whole Host header
 * and ignore the case. An IPv6 address matches only in its shortest form.
 */
export function domainPattern({ name, wildcard, port }: Domain): string {
  const written = name.includes(':')
    ? String.raw`\[${name}\]`
    : String.raw`${name.replaceAll('.', String.raw`\.`)}\.?`;
  const label = wildcard ? String.raw`[a-z0-9_-]+\.` : '';
  const ports = port === 'any' ? '(:[0-9]+)?' : port === undefined ? '(:0*(80|443))?' : `:0*${port}`;
  return `^${label}${written}${ports}$`;
}

/** Formats a domain as text. This is the inverse of {@link parseDomain}. */
export function formatDomain({ wildcard, name, port }: Domain): string {
  const host = formatHost({ name, port: undefined });
  return `${wildcard ? '*.' : ''}${host}${port === 'any' ? '' : `:${port ?? 443}`}`;
}

export function domainMatches(domain: Domain, host: Host): boolean {
  if (domain.port !== 'any' && domain.port !== host.port) return false;
  if (!domain.wildcard) return domain.name === host.name;
  const dot = host.name.indexOf('.');
  return dot > 0 && host.name.slice(dot + 1) === domain.name;
}
