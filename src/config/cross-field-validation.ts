import type { Domain } from '../realm/domain.ts';
import { domainMatches } from '../realm/domain.ts';
import { acceptsPassword } from './values/database-password.ts';
import type { Settings } from './schema.ts';

/** Two settings that are each valid but contradict each other. */
export interface ConfigurationConflict {
  readonly path: readonly string[];
  readonly message: string;
}

export function findConflicts(settings: Settings): ConfigurationConflict[] {
  return [...ofDatabase(settings), ...ofKeys(settings), ...ofDomains(settings), ...ofAddresses(settings)];
}

function ofDatabase({ database, databasePassword }: Settings): ConfigurationConflict[] {
  // A password for SQLite has no effect, but is not an error: people may set it in advance, before they move to
  // PostgreSQL.
  if (databasePassword === null || !database.includes('://') || acceptsPassword(database)) return [];
  const message =
    'requires that database is a URL with a user and without a password: postgres://USER@HOST/…';
  return [{ path: ['databasePassword'], message }];
}

function ofKeys({ keys }: Settings): ConfigurationConflict[] {
  const { certificate, key, passphrase } = keys.authority;
  const found: ConfigurationConflict[] = [];
  if (keys.rotateBefore >= keys.leafLifetime)
    found.push({
      path: ['keys', 'rotateBefore'],
      message: `must be less than keys.leafLifetime (${inDays(keys.leafLifetime)}); otherwise, a key would be due for renewal as soon as it is created. A third of keys.leafLifetime is usual`,
    });
  // If the keys are in the database (`keys.secret`), a process that only signs tokens needs the CA certificate, but not
  // the private key of the CA.
  if (certificate !== null && key === null && keys.secret === null)
    found.push({
      path: ['keys', 'authority', 'certificate'],
      message: 'requires its private key in keys.authority.key',
    });
  if (certificate === null && key !== null)
    found.push({
      path: ['keys', 'authority', 'key'],
      message: 'requires its certificate in keys.authority.certificate',
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
    const message = `matches publicDomains[${index}], so this domain is public and no one can push there. Remove it from one of the two lists`;
    return [{ path: ['up', 'privateDomains', String(at)], message }];
  });
}

/** Returns true if every host that matches `other` also matches `one`. */
function covers(one: Domain, other: Domain): boolean {
  if (other.wildcard && !one.wildcard) return false;
  const name = other.wildcard ? `any.${other.name}` : other.name;
  if (other.port === 'any') return one.port === 'any' && domainMatches(one, { name, port: undefined });
  return domainMatches(one, { name, port: other.port });
}

function ofAddresses({ listen, operations }: Settings): ConfigurationConflict[] {
  const isSame =
    listen.port !== 0 && listen.port === operations.listen.port && listen.host === operations.listen.host;
  return isSame
    ? [{ path: ['operations', 'listen'], message: 'must not have the same address and port as listen' }]
    : [];
}

function inDays(seconds: number): string {
  return seconds % 86_400 === 0 ? `${seconds / 86_400}d` : `${seconds}s`;
}
