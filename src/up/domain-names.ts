import { isIP } from 'node:net';
import { hostname } from 'node:os';
import type { Config } from '../config/load.ts';
import { DockpassError } from '../errors.ts';
import { formatDomainName } from '../realm/domain.ts';

/** What people called this server in its configuration. */
export function configuredDomains(config: Config): string[] {
  return [...new Set([...config.publicDomains, ...config.up.privateDomains].map(formatDomainName))];
}

/** What a certificate made here holds: every name by which this machine may be reached. */
export function certificateNames(config: Config): string[] {
  const machine = /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(hostname())
    ? [hostname().toLowerCase()]
    : [];
  return [
    ...new Set(['localhost', '*.localhost', '127.0.0.1', '::1', ...machine, ...configuredDomains(config)]),
  ];
}

/**
 * Names that an authority may certify over port 80 or 443: a public one, or that of an organisation, which may certify
 * names of its own.
 * @throws DockpassError `bad_configuration` where there is none, or one is not such a name: for it Caddy would make an
 *   authority of its own, which nobody trusts.
 */
export function acmeNames(config: Config): string[] {
  const names = configuredDomains(config);
  if (names.length === 0)
    throw refused(
      'no name to get a certificate for: give --public-domain D, or up.privateDomains in dockpass.yml',
    );
  for (const name of names) {
    if (name.startsWith('*.'))
      throw refused(
        `a certificate for ${name} needs the DNS challenge: name each host, or give --tls CERTIFICATE,KEY`,
      );
    if (isIP(name) !== 0 || (config.up.acmeServer === null && !isPublicName(name))) {
      throw refused(
        isIP(name) !== 0
          ? `nobody certifies ${name} by ACME: use --tls self-signed`
          : `no public authority certifies ${name}: name your own in up.acmeServer, or use --tls self-signed`,
      );
    }
  }
  return names;
}

function isPublicName(name: string): boolean {
  return name.includes('.') && !/\.(localhost|local|internal|home\.arpa|test)$/.test(name);
}

function refused(why: string): DockpassError {
  return new DockpassError('bad_configuration', `up.tls: acme: ${why}`);
}
