import type { Config } from './load.ts';
import { settingKeys } from './environment.ts';
import { formatValue, settingAt } from './show.ts';

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
  return different(before, after).filter((key) => !reloadable.includes(key));
}

/** The settings that differ and are in force from now on. */
export function reloadedSettings(before: Config, after: Config): string[] {
  return different(before, after).filter((key) => reloadable.includes(key));
}

function different(before: Config, after: Config): string[] {
  // By what they say: a value may hold functions, of which no two are equal.
  const text = (config: Config, key: string): string => formatValue(settingAt(config, key));
  return settingKeys().filter((key) => text(before, key) !== text(after, key));
}
