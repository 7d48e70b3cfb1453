import { put, type Config } from './load.ts';
import { settingKeys } from './environment.ts';
import { formatSetting, settingAt } from './show.ts';

/**
 * The settings whose changes a running server applies. A change of any other setting needs a restart, because it
 * affects ports, files or the store.
 */
const reloadable = [
  'service',
  'issuer',
  'publicDomains',
  'publicRepositories',
  'publicCatalog',
  'publicCatalogTitle',
  'publicCatalogText',
  'trustedProxies',
  'externalUrl',
  'registries',
  'tokens.pullLifetime',
  'tokens.pushLifetime',
  'catalog',
  'policy',
  'immutableTags',
  'trust',
  'retention',
  'retentionSchedule.at',
  'retentionSchedule.apply',
  'gc.at',
];

/** Returns the settings that differ between the two configurations and need a restart. */
export function needsRestart(before: Config, after: Config): string[] {
  return different(before, after).filter((key) => !reloadable.includes(key));
}

/** Returns the settings that differ between the two configurations and take effect without a restart. */
export function reloadedSettings(before: Config, after: Config): string[] {
  return different(before, after).filter((key) => reloadable.includes(key));
}

/**
 * Returns the configuration in force after a reload: the settings that take effect without a restart come from the
 * latest configuration, and all others from the configuration with which the server has started.
 */
export function configInForce(initial: Config, latest: Config): Config {
  const values: Record<string, unknown> = { ...initial };
  for (const key of reloadable) put(values, key, settingAt(latest, key));
  return Object.freeze(values) as unknown as Config;
}

/** Returns the settings that differ between the two configurations. */
export function different(before: Config, after: Config): string[] {
  // Values are compared by their text, because a value may contain functions, and two functions are never equal.
  return settingKeys().filter((key) => formatSetting(before, key) !== formatSetting(after, key));
}
