import { isDeepStrictEqual } from 'node:util';
import type { Config } from './load.ts';
import { settingKeys } from './environment.ts';
import { settingAt } from './show.ts';

/** What a running server takes over from a changed configuration; the rest is bound to ports, files and the store. */
const reloadable = [
  'service',
  'issuer',
  'publicDomains',
  'publicRepositories',
  'trustedProxies',
  'externalUrl',
  'registries',
  'tokens.pullLifetime',
  'tokens.pushLifetime',
  'catalog',
  'policy',
];

/** The settings that differ and want a restart. */
export function needsRestart(before: Config, after: Config): string[] {
  return settingKeys().filter(
    (key) => !reloadable.includes(key) && !isDeepStrictEqual(settingAt(before, key), settingAt(after, key)),
  );
}
