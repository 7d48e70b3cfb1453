import { Secret } from '../secret.ts';
import { formatRule, type Rule } from '../policy/rule.ts';
import { formatHost } from '../net/host.ts';
import { settingKeys } from './environment.ts';
import { formatListen } from '../net/listen-address.ts';
import type { Config } from './load.ts';
import { secretKeys } from './schema.ts';

/** Formats the effective value of every setting with its origin, one setting per line. Secrets are masked. */
export function showConfig(config: Config): string {
  return settingKeys()
    .map(
      (key) =>
        `${key} = ${mask(key, formatValue(settingAt(config, key)))}  (${config.origins.get(key) ?? 'default'})`,
    )
    .join('\n');
}

/**
 * Returns the effective value of every setting with its origin, as data for `--json`. Secrets are masked. `value` is
 * the text that a person would write in the configuration file.
 */
export function showConfigAsJson(config: Config): { name: string; value: string; origin: string }[] {
  return settingKeys().map((key) => ({
    name: key,
    value: mask(key, formatValue(settingAt(config, key))),
    origin: config.origins.get(key) ?? 'default',
  }));
}

/** Returns the value of the setting with this dotted key, such as `keys.directory`. */
export function settingAt(values: object, key: string): unknown {
  return key.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], values);
}

/**
 * Masks the value of a setting that may contain a secret. A database URL is masked, because it may contain a password.
 * The path of a SQLite database is not masked.
 */
function mask(key: string, value: string): string {
  const isHarmless = value === 'null' || (key === 'database' && !value.includes('://'));
  return secretKeys.has(key) && !isHarmless ? String(new Secret(value)) : value;
}

/** Formats a value as a person would write it in the configuration file. Secrets are not masked. */
export function formatValue(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? '[]' : value.map(formatValue).join(', ');
  if (value instanceof URL) return value.href;
  if (typeof value !== 'object') return String(value);
  if ('text' in value) return String(value.text);
  if ('effect' in value) return formatRule(value as Rule);
  if ('texts' in value) return formatValue(value.texts);
  if ('wildcard' in value)
    return formatDomain(
      value as unknown as { name: string; wildcard: boolean; port: 'any' | number | undefined },
    );
  if ('host' in value) return formatListen(value as { host: string; port: number });
  return JSON.stringify(value);
}

function formatDomain({
  name,
  wildcard,
  port,
}: {
  name: string;
  wildcard: boolean;
  port: 'any' | number | undefined;
}): string {
  const host = formatHost({ name, port: port === 'any' ? undefined : (port ?? 443) });
  return wildcard ? `*.${host}` : host;
}
