import { resolve } from 'node:path';
import { formatHost } from '../../net/host.ts';
import type { Domain } from '../../realm/domain.ts';
import { formatDomainName } from '../../realm/domain.ts';
import { keyFileOf, type TrustRule } from '../../trust/trust-rule.ts';
import type { Settings } from '../schema.ts';

/**
 * Returns the audiences of a trust rule that does not name any: each private domain, with and without its port, and
 * both also as an https URL. A private domain without a port is also an audience with the port of the edge. A wildcard
 * domain is no audience, because the claim `aud` is compared exactly.
 */
export function defaultAudiences({ privateDomains, port }: Settings['up']): readonly string[] {
  const hosts = privateDomains.filter(({ wildcard }) => !wildcard).flatMap((domain) => hostsOf(domain, port));
  return [...new Set(hosts.flatMap((host) => [host, `https://${host}`]))];
}

function hostsOf({ name, port }: Domain, edgePort: number): string[] {
  const host = formatHost({ name, port: undefined });
  const number = port === 'any' ? edgePort : (port ?? 443);
  return [host, `${host}:${number}`];
}

/**
 * Returns the message for a trust rule that names no audience, if no private domain can be its audience. Undefined if
 * there is a default.
 */
export function missingAudience(up: Settings['up']): string | undefined {
  if (defaultAudiences(up).length > 0) return undefined;
  const add = 'Add the audience that the jobs ask for, such as audience: [registry.example.com]';
  return up.privateDomains.length === 0
    ? `is missing, and there is no default, because up.privateDomains is empty. ${add}, or set up.privateDomains`
    : `is missing, and there is no default, because up.privateDomains only contains wildcards such as ${up.privateDomains.slice(0, 1).map(formatDomainName).join()}, and an audience is never a wildcard. ${add}`;
}

/**
 * Completes the rules that the schema has read: resolves relative paths of key sets, and adds the default audiences.
 * @param base the folder of the configuration file
 */
export function resolveTrust({ trust, up }: Settings, base: string): readonly TrustRule[] {
  if (trust.length === 0) return trust;
  const audiences = defaultAudiences(up);
  return trust.map((rule) => ({
    ...rule,
    jwks: absoluteKeyFile(rule, base) ?? rule.jwks,
    audiences: rule.audiences.length === 0 ? audiences : rule.audiences,
  }));
}

function absoluteKeyFile(rule: TrustRule, base: string): string | undefined {
  const path = keyFileOf(rule);
  return path === undefined ? undefined : resolve(base, path);
}
