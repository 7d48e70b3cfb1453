import type { Domain } from '../realm/domain.ts';
import { domainMatches } from '../realm/domain.ts';
import { acceptsPassword } from './values/database-password.ts';
import type { Settings } from './schema.ts';

/** Two settings, each right in itself, that cannot be right together. */
export interface ConfigurationConflict {
  readonly path: readonly string[];
  readonly message: string;
}

export function findConflicts(settings: Settings): ConfigurationConflict[] {
  return [...ofDatabase(settings), ...ofKeys(settings), ...ofDomains(settings), ...ofAddresses(settings)];
}

function ofDatabase({ database, databasePassword }: Settings): ConfigurationConflict[] {
  // A file takes none, but the secret may be there already for the day of the move.
  if (databasePassword === null || !database.includes('://') || acceptsPassword(database)) return [];
  const message = 'is for a database postgres://USER@HOST/…, with a user and no password in it';
  return [{ path: ['databasePassword'], message }];
}

function ofKeys({ keys }: Settings): ConfigurationConflict[] {
  const { certificate, key, passphrase } = keys.authority;
  const found: ConfigurationConflict[] = [];
  if (keys.rotateBefore >= keys.leafLifetime)
    found.push({
      path: ['keys', 'rotateBefore'],
      message: `wants less than keys.leafLifetime (${inDays(keys.leafLifetime)}): a leaf would be due for renewal as soon as it is made; a third of it is usual`,
    });
  // With leaves in the database, whoever only signs needs no more than the certificate.
  if (certificate !== null && key === null && keys.secret === null)
    found.push({
      path: ['keys', 'authority', 'certificate'],
      message: 'wants its private key in keys.authority.key',
    });
  if (certificate === null && key !== null)
    found.push({
      path: ['keys', 'authority', 'key'],
      message: 'wants its certificate in keys.authority.certificate',
    });
  if (passphrase !== null && key === null)
    found.push({
      path: ['keys', 'authority', 'passphrase'],
      message: 'is for keys.authority.key, which is not set',
    });
  return found;
}

function ofDomains({ publicDomains, up }: Settings): ConfigurationConflict[] {
  return up.privateDomains.flatMap((domain, at) => {
    const index = publicDomains.findIndex((other) => covers(other, domain));
    if (index < 0) return [];
    const message = `is public too, by publicDomains[${index}]: nobody can push there; take it out of one of the two`;
    return [{ path: ['up', 'privateDomains', String(at)], message }];
  });
}

/** Does every host of the second belong to the first? */
function covers(one: Domain, other: Domain): boolean {
  if (other.wildcard && !one.wildcard) return false;
  const name = other.wildcard ? `any.${other.name}` : other.name;
  if (other.port === 'any') return one.port === 'any' && domainMatches(one, { name, port: undefined });
  return domainMatches(one, { name, port: other.port });
}

function ofAddresses({ listen, operations }: Settings): ConfigurationConflict[] {
  const isSame =
    listen.port !== 0 && listen.port === operations.listen.port && listen.host === operations.listen.host;
  return isSame ? [{ path: ['operations', 'listen'], message: 'wants another port than listen' }] : [];
}

function inDays(seconds: number): string {
  return seconds % 86_400 === 0 ? `${seconds / 86_400}d` : `${seconds}s`;
}
