import { isIP } from 'node:net';
import { hostname } from 'node:os';
import type { Config } from '../config/load.ts';
import { DockpassError } from '../errors.ts';
import { formatDomainName } from '../realm/domain.ts';

/** The host names of all public and private domains in the configuration. */
export function configuredDomains(config: Config): string[] {
  return [...new Set([...config.publicDomains, ...config.up.privateDomains].map(formatDomainName))];
}

/** The names in a self-signed certificate: each name by which clients may reach this machine. */
export function certificateNames(config: Config): string[] {
  const machine = /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(hostname())
    ? [hostname().toLowerCase()]
    : [];
  return [
    ...new Set(['localhost', '*.localhost', '127.0.0.1', '::1', ...machine, ...configuredDomains(config)]),
  ];
}

/**
 * The names for which Caddy gets certificates by ACME. A public CA certifies only public names. A CA of an organization
 * (`up.acmeServer`) may also certify internal names.
 * @throws DockpassError `bad_configuration` if no name is configured, or if the CA cannot certify one of them. Caddy
 *   would then create a CA of its own for that name, which no client trusts.
 */
export function acmeNames(config: Config): string[] {
  const names = configuredDomains(config);
  if (names.length === 0)
    throw acmeError(
      'no domain is configured. Give --public-domain D, or set up.privateDomains in dockpass.yml.',
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
          : `no public CA certifies the internal name ${name}. Set up.acmeServer to a CA of your own, or use --tls self-signed.`,
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
