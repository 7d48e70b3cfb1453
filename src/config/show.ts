import { Secret } from '../secret.ts';
import { formatRule, type Rule } from '../policy/rule.ts';
import { formatHost } from '../net/host.ts';
import { settingKeys } from './environment.ts';
import { formatListen } from '../net/listen-address.ts';
import type { Config } from './load.ts';
import { secretKeys } from './schema.ts';

/** Formats every effective value with its origin, one in a line. Secrets are masked. */
export function showConfig(config: Config): string {
  return settingKeys()
    .map(
      (key) =>
        `${key} = ${mask(key, formatValue(settingAt(config, key)))}  (${config.origins.get(key) ?? 'default'})`,
    )
    .join('\n');
}

/** The same for programs: an object for each setting. `value` is the text that a person would write in the file. */
export function showConfigAsJson(config: Config): { name: string; value: string; origin: string }[] {
  return settingKeys().map((key) => ({
    name: key,
    value: mask(key, formatValue(settingAt(config, key))),
    origin: config.origins.get(key) ?? 'default',
  }));
}

/** Returns the value of a dotted key. */
export function settingAt(values: object, key: string): unknown {
  return key.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], values);
}

/** A database URL may contain a password, so it is masked. A path contains none. */
function mask(key: string, value: string): string {
  const isHarmless = value === 'null' || (key === 'database' && !value.includes('://'));
  return secretKeys.has(key) && !isHarmless ? String(new Secret(value)) : value;
}

/** Formats a value as a person would write it. It does not mask secrets. */
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
