import type { Domain } from '../realm/domain.ts';
import type { ListenAddress } from '../net/listen-address.ts';
import { domainMatches } from '../realm/domain.ts';
import { acceptsPassword } from './values/database-password.ts';
import type { Settings } from './schema.ts';
import { missingAudience } from './values/trust-audiences.ts';

/** Two settings that contradict each other, although the value of each one is valid on its own. */
export interface ConfigurationConflict {
  readonly path: readonly string[];
  readonly message: string;
}

export function findConflicts(settings: Settings): ConfigurationConflict[] {
  return [
    ...ofDatabase(settings),
    ...ofKeys(settings),
    ...ofDomains(settings),
    ...ofAddresses(settings),
    ...ofTrust(settings),
  ];
}

function ofDatabase({ database, databasePassword }: Settings): ConfigurationConflict[] {
  // If the database is SQLite, `databasePassword` has no effect. This is not an error, because people may set the
  // password before they move to PostgreSQL.
  if (databasePassword === null || !database.includes('://') || acceptsPassword(database)) return [];
  const message =
    'can be set only if the setting "database" is a PostgreSQL URL with a user and without a password: postgres://USER@HOST/…';
  return [{ path: ['databasePassword'], message }];
}

function ofKeys({ keys }: Settings): ConfigurationConflict[] {
  const { certificate, key, passphrase } = keys.authority;
  const found: ConfigurationConflict[] = [];
  if (keys.rotateBefore >= keys.leafLifetime)
    found.push({
      path: ['keys', 'rotateBefore'],
      message: `must be less than keys.leafLifetime (${inDays(keys.leafLifetime)}), because otherwise each new signing key would have to be replaced as soon as it is created. Use about a third of keys.leafLifetime`,
    });
  // If `keys.secret` is set, the signing keys are in the database. A process that only signs tokens then needs the CA
  // certificate, but not the private key of the CA. So a certificate without a private key is an error only if
  // `keys.secret` is not set.
  if (certificate !== null && key === null && keys.secret === null)
    found.push({
      path: ['keys', 'authority', 'certificate'],
      message:
        'is set, but keys.authority.key is not. Set keys.authority.key to the path of the private key that belongs to this certificate',
    });
  if (certificate === null && key !== null)
    found.push({
      path: ['keys', 'authority', 'key'],
      message:
        'is set, but keys.authority.certificate is not. Set keys.authority.certificate to the path of the certificate that belongs to this private key',
    });
  if (passphrase !== null && key === null)
    found.push({
      path: ['keys', 'authority', 'passphrase'],
      message:
        'belongs to keys.authority.key, which is not set. Set keys.authority.key, or remove the passphrase',
    });
  return found;
}

function ofDomains({ publicDomains, up }: Settings): ConfigurationConflict[] {
  return up.privateDomains.flatMap((domain, at) => {
    const index = publicDomains.findIndex((other) => covers(other, domain));
    if (index < 0) return [];
    const message = `matches publicDomains[${index}], so this domain is public and no one can push there. Remove the domain from up.privateDomains or from publicDomains`;
    return [{ path: ['up', 'privateDomains', String(at)], message }];
  });
}

/** Returns true if every host that matches the domain `other` also matches the domain `one`. */
function covers(one: Domain, other: Domain): boolean {
  if (other.wildcard && !one.wildcard) return false;
  const name = other.wildcard ? `any.${other.name}` : other.name;
  if (other.port === 'any') return one.port === 'any' && domainMatches(one, { name, port: undefined });
  return domainMatches(one, { name, port: other.port });
}

function ofAddresses({ listen, operations, events }: Settings): ConfigurationConflict[] {
  const found: ConfigurationConflict[] = [];
  if (isSameAddress(operations.listen, listen))
    found.push({ path: ['operations', 'listen'], message: sameAddress('listen') });
  // Without a secret, `serve` does not listen for events, and `up` checks its ports itself.
  if (events.secret === null) return found;
  if (isSameAddress(events.listen, listen))
    found.push({ path: ['events', 'listen'], message: sameAddress('listen') });
  if (isSameAddress(events.listen, operations.listen))
    found.push({ path: ['events', 'listen'], message: sameAddress('operations.listen') });
  return found;
}

function isSameAddress(one: ListenAddress, other: ListenAddress): boolean {
  return one.port !== 0 && one.port === other.port && one.host === other.host;
}

function sameAddress(setting: string): string {
  return `must not have the same address and port as the setting "${setting}"`;
}

function ofTrust({ trust, up }: Settings): ConfigurationConflict[] {
  const message = trust.length === 0 ? undefined : missingAudience(up);
  if (message === undefined) return [];
  return trust.flatMap(({ audiences }, at) =>
    audiences.length > 0 ? [] : [{ path: ['trust', String(at), 'audience'], message }],
  );
}

function inDays(seconds: number): string {
  return seconds % 86_400 === 0 ? `${seconds / 86_400}d` : `${seconds}s`;
}
