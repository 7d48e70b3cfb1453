import { readFileSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import { isServiceLink } from '../net/service-links.ts';
import { withoutLineEnding } from '../secret.ts';
import { didYouMean } from './did-you-mean.ts';
import { schema, secretKeys } from './schema.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Variables that start with `DOCKPASS_` but are not settings. load.ts reads DOCKPASS_CONFIG, scripts/parts.sh reads
 * DOCKPASS_PARTS, and commands that use the API of a server read the others.
 */
const otherVariables = new Set([
  ...['DOCKPASS_CONFIG', 'DOCKPASS_PARTS'],
  ...['DOCKPASS_URL', 'DOCKPASS_TOKEN', 'DOCKPASS_TOKEN_FILE'],
]);
/**
 * The settings from which quotes at both ends are not removed. Such quotes can be part of a secret, and the texts of
 * `policy`, `trust` and `retention` are JSON.
 */
const verbatimKeys: ReadonlySet<string> = new Set([
  'databasePassword',
  'keys.secret',
  'keys.authority.passphrase',
  'events.secret',
  'policy',
  'trust',
  'retention',
]);

/**
 * Reads settings from the environment and returns a map from the dotted key of each setting, such as `up.port`, to its
 * value. Appends a line to `faults` for each error. A setting that may contain a secret has two variables, such as
 * DOCKPASS_DATABASE, which contains the value, and DOCKPASS_DATABASE_FILE, which contains the path of a file with the
 * value. If both are set, the value from the file is used, because the container images always set DOCKPASS_DATABASE.
 * Variables that Kubernetes sets for a Service (`isServiceLink`) are ignored.
 */
export function environmentSettings(environment: Environment, faults: string[]): Map<string, string> {
  const known = new Map(settingKeys().map((key) => [environmentName(key), key]));
  const found = new Map<string, string>();
  const files = new Map<string, string>();
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith('DOCKPASS_') || value === undefined || otherVariables.has(name)) continue;
    const key = known.get(name);
    if (isServiceLink(name, environment, key !== undefined)) continue;
    const secretKey = name.endsWith('_FILE') ? known.get(name.slice(0, -'_FILE'.length)) : undefined;
    if (key !== undefined) {
      found.set(key, verbatimKeys.has(key) ? value : withoutQuotes(value.trim()));
    } else if (secretKey !== undefined && secretKeys.has(secretKey)) {
      try {
        files.set(secretKey, readSecretFile(value));
      } catch (error) {
        faults.push(`${name}: ${messageOf(error)}`);
      }
    } else {
      faults.push(`${name}: ${noSuchSetting(didYouMean(name, [...known.keys()]))}`);
    }
  }
  return new Map([...found, ...files]);
}

/**
 * Returns the names of the variables that look like settings, but that Kubernetes sets for a Service whose name begins
 * with `dockpass`. dockpass ignores them.
 */
export function ignoredServiceLinks(environment: Environment): string[] {
  const settings = new Set(settingKeys().map(environmentName));
  return Object.keys(environment).filter(
    (name) => name.startsWith('DOCKPASS_') && isServiceLink(name, environment, settings.has(name)),
  );
}

/**
 * Reads a file that contains one secret. One line ending at the end of the file is not part of the secret.
 * @throws Error if the file cannot be read, or if it contains something that is probably not part of a secret
 */
export function readSecretFile(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Error(
      `cannot read the file that contains the value: ${messageOf(cause)}. Check the path and its permissions`,
      { cause },
    );
  }
  const value = withoutLineEnding(text);
  // Earlier versions of dockpass removed all white space at the end. To keep it now would change the secret of an
  // existing installation, so it is an error.
  if (value !== value.trimEnd())
    throw new Error(
      `the file ${path} ends with white space other than one line ending. Remove the spaces and the blank lines at its end`,
    );
  if (/[\0\uFFFD]/.test(value))
    throw new Error(`the file ${path} is not a text in UTF-8. Save the secret in this encoding`);
  return value;
}

/**
 * Removes quotes around a value. In the list form of `environment:`, Docker Compose passes the quotes of
 * `- DOCKPASS_STRICT_PERMISSIONS="true"` to the container. A value with more quotes, such as `"a","b"`, is unchanged.
 */
function withoutQuotes(text: string): string {
  const [, quote, inner] = /^(["'])(.*)\1$/s.exec(text) ?? [];
  return quote === undefined || inner === undefined || inner.includes(quote) ? text : inner;
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
