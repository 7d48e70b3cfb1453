import { isIP } from 'node:net';
import { hostname } from 'node:os';
import type { Config } from '../config/load.ts';
import { DockpassError } from '../errors.ts';
import { formatDomainName } from '../realm/domain.ts';

/** Returns the host names of all public and private domains in the configuration. */
export function configuredDomains(config: Config): string[] {
  return [...new Set([...config.publicDomains, ...config.up.privateDomains].map(formatDomainName))];
}

/**
 * Returns the host names and addresses that a self-signed certificate must contain: localhost, the loopback addresses,
 * the host name of this machine, and all configured domains.
 */
export function certificateNames(config: Config): string[] {
  const machine = /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(hostname())
    ? [hostname().toLowerCase()]
    : [];
  return [
    ...new Set(['localhost', '*.localhost', '127.0.0.1', '::1', ...machine, ...configuredDomains(config)]),
  ];
}

/**
 * Returns the host names for which Caddy gets certificates by ACME. A public CA issues certificates only for public
 * host names. The CA of an organization (`up.acmeServer`) may also issue certificates for internal host names.
 * @throws DockpassError `bad_configuration` if no domain is configured, or if the CA cannot issue a certificate for one
 *   of the domains. For such a domain, Caddy would create a CA of its own, which no client trusts.
 */
export function acmeNames(config: Config): string[] {
  const names = configuredDomains(config);
  if (names.length === 0)
    throw acmeError(
      'no domain is configured. Give --public-domain D, or add the setting "up.privateDomains" to dockpass.yml.',
    );
  for (const name of names) {
    if (name.startsWith('*.'))
      throw acmeError(
        `a wildcard certificate for ${name} needs the DNS challenge, which dockpass does not support. Configure each host name, or use --tls CERTIFICATE,KEY.`,
      );
    if (isIP(name) !== 0 || (config.up.acmeServer === null && !isPublicName(name))) {
      throw acmeError(
        isIP(name) !== 0
          ? `a certificate for the IP address ${name} is not supported. Use --tls self-signed.`
          : `no public CA certifies the internal name ${name}. Set up.acmeServer to the ACME URL of your own CA, or use --tls self-signed.`,
      );
    }
  }
  return names;
}

function isPublicName(name: string): boolean {
  return name.includes('.') && !/\.(localhost|local|internal|home\.arpa|test)$/.test(name);
}

function acmeError(problem: string): DockpassError {
  return new DockpassError('bad_configuration', `up.tls: acme: ${problem}`);
}
