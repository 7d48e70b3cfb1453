import type { Config } from '../../config/load.ts';
import { configuredRegistries } from '../../registry/configured-registries.ts';
import { parseHost, type Host } from '../../net/host.ts';
import { domainMatches } from '../../realm/domain.ts';
import type { DoctorContext } from '../context.ts';
import { hostnameOf } from '../network/http-request.ts';
import { isLoopback } from '../network/this-machine.ts';

/**
 * Returns true if the configuration names every host under which clients reach the registry. Without private domains,
 * every host that is not a public domain is private.
 */
export function knowsAllHosts({ externalUrl, up }: Config): boolean {
  return externalUrl !== null || up.privateDomains.length > 0;
}

/**
 * Returns true if clients, or dockpass itself, may send requests to the registry with this Host header: if it is a
 * configured domain, or the address of a configured registry.
 */
export function isKnownHost(text: string, { config, domains, registries }: DoctorContext): boolean {
  const host = parse(text);
  if (host === undefined) return false;
  const { publicDomains, up, externalUrl } = config;
  if ([...publicDomains, ...up.privateDomains].some((domain) => domainMatches(domain, host))) return true;
  if (domains.some(({ reached }) => reached.state === 'open' && reached.target.as === text)) return true;
  const urls = [
    ...(externalUrl === null ? [] : [externalUrl]),
    ...configuredRegistries(config),
    ...registries,
  ];
  return urls.some((url) => {
    const known = parse(url.host);
    const areLocal = isLoopback(hostnameOf(url.host)) && isLoopback(host.name);
    return known?.port === host.port && (known?.name === host.name || areLocal);
  });
}

function parse(text: string): Host | undefined {
  try {
    return parseHost(text);
  } catch {
    return undefined;
  }
}
