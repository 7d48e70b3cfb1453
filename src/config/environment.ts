import { readFileSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import { didYouMean } from './did-you-mean.ts';
import { schema, secretKeys } from './schema.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Variables that start with `DOCKPASS_` but are not settings. load.ts reads DOCKPASS_CONFIG, and scripts/parts.sh reads
 * DOCKPASS_PARTS.
 */
const otherVariables = new Set(['DOCKPASS_CONFIG', 'DOCKPASS_PARTS']);
/**
 * Variables that Kubernetes sets in every container if the cluster has a service called `dockpass`. They contain the
 * address of this service. dockpass ignores them. Otherwise, dockpass would treat them as unknown settings and would
 * not start.
 */
const serviceLink = /^DOCKPASS_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\w+)?)$/;

/**
 * Reads settings from the environment and returns a map from the dotted key of each setting to its value. Appends a
 * line to `faults` for each error. A setting that may contain a secret has two variables, such as DOCKPASS_DATABASE,
 * which contains the value, and DOCKPASS_DATABASE_FILE, which contains the path of a file with the value. If both are
 * set, the value from the file is used, because the container images always set DOCKPASS_DATABASE.
 */
export function environmentSettings(environment: Environment, faults: string[]): Map<string, string> {
  const known = new Map(settingKeys().map((key) => [environmentName(key), key]));
  const found = new Map<string, string>();
  const files = new Map<string, string>();
  for (const [name, value] of Object.entries(environment)) {
    if (
      !name.startsWith('DOCKPASS_') ||
      value === undefined ||
      otherVariables.has(name) ||
      serviceLink.test(name)
    )
      continue;
    const key = known.get(name);
    const secretKey = name.endsWith('_FILE') ? known.get(name.slice(0, -'_FILE'.length)) : undefined;
    if (key !== undefined) {
      found.set(key, value);
    } else if (secretKey !== undefined && secretKeys.has(secretKey)) {
      try {
        files.set(secretKey, readFileSync(value, 'utf8').trimEnd());
      } catch (error) {
        faults.push(
          `${name}: cannot read the file that contains the value: ${messageOf(error)}. Check the path and its permissions`,
        );
      }
    } else {
      faults.push(`${name}: ${noSuchSetting(didYouMean(name, [...known.keys()]))}`);
    }
  }
  return new Map([...found, ...files]);
}

/** Names a setting and its environment variable in a message: `the setting "listen" (environment variable …)`. */
export function settingWithVariable(key: string): string {
  return `the setting "${key}" (environment variable ${environmentName(key)})`;
}

export function noSuchSetting(meant: string | undefined): string {
  return `there is no such setting${meant === undefined ? '' : `. Did you mean ${meant}?`}`;
}

/** Returns the dotted keys of all settings, such as `keys.leafLifetime`. */
export function settingKeys(): string[] {
  return keysBelow(schema, '');
}

interface MaybeSection {
  readonly def: { readonly innerType?: unknown };
  readonly shape?: Record<string, unknown>;
}

function keysBelow(type: unknown, prefix: string): string[] {
  const { shape, def } = type as MaybeSection;
  if (shape !== undefined)
    return Object.entries(shape).flatMap(([name, inner]) =>
      keysBelow(inner, prefix === '' ? name : `${prefix}.${name}`),
    );
  const inner = def.innerType as MaybeSection | undefined;
  return inner?.shape !== undefined ? keysBelow(inner, prefix) : [prefix];
}

/**
 * Returns the name of the environment variable for a setting. For `keys.leafLifetime`, it is
 * `DOCKPASS_KEYS_LEAF_LIFETIME`.
 */
export function environmentName(key: string): string {
  return `DOCKPASS_${key
    .replaceAll('.', '_')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toUpperCase()}`;
}
