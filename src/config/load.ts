import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { core } from 'zod/mini';
import { DockpassError, messageOf } from '../errors.ts';
import { withoutLineEnding } from '../secret.ts';
import {
  environmentName,
  environmentSettings,
  noSuchSetting,
  settingKeys,
  type Environment,
} from './environment.ts';
import { withPassword } from './values/database-password.ts';
import { findConflicts } from './cross-field-validation.ts';
import { didYouMean } from './did-you-mean.ts';
import { listInEnvironment } from './values/list.ts';
import { resolveTrust } from './values/trust-audiences.ts';
import { ruleKeys } from './values/policy-rules.ts';
import { retentionRuleKeys } from './values/retention-rules.ts';
import { trustRuleKeys } from './values/trust-rules.ts';
import { readYaml, type YamlFile } from './yaml-file.ts';
import { pathKeys, schema, secretKeys, type Settings } from './schema.ts';

/** The source of the effective value of a setting. */
export type Origin = 'flag' | 'environment' | 'file' | 'default';

export interface Config extends Readonly<Settings> {
  /** The path of the configuration file that was read. Undefined if no file was read. */
  readonly file: string | undefined;
  /** The origin of each value that a flag, the environment or the file sets. The keys are dotted, such as `up.port`. */
  readonly origins: ReadonlyMap<string, Origin>;
  /** The `GivenSettings` as JSON text. */
  readonly given: string;
}

/**
 * The settings that flags, environment and file give, before they are parsed and without the secrets. `Config` contains
 * them as JSON text, so that a server can tell commands which settings it uses (running-settings.ts).
 */
export interface GivenSettings {
  readonly values: Readonly<Record<string, unknown>>;
  /** The folder to which relative paths in `values` are relative. */
  readonly folder: string;
}

/** The settings that are given as flags on the command line. The keys are dotted, such as `up.port`. */
export type Flags = Readonly<Record<string, unknown>>;

/**
 * Combines the settings from flags, environment, configuration file and defaults, in this order: for each setting, the
 * first source that has a value wins.
 * @throws DockpassError `bad_configuration` with a line for every error
 */
export async function loadConfig(options: {
  /**
   * The path of the configuration file. If undefined, the path is taken from DOCKPASS_CONFIG. If this variable is not
   * set, the first default path at which a file exists is used. If null, no file is read.
   */
  file?: string | null | undefined;
  environment: Environment;
  flags?: Flags;
}): Promise<Config> {
  const file = await findFile(options.file, options.environment);
  const faults: string[] = [];
  const origins = new Map<string, Origin>();
  const wanted: Record<string, unknown> = file?.values ?? {};
  for (const key of leafKeys(wanted)) origins.set(key, 'file');
  for (const [key, value] of environmentSettings(options.environment, faults)) {
    put(wanted, key, value);
    origins.set(key, 'environment');
  }
  for (const [key, value] of Object.entries(options.flags ?? {})) {
    if (value === undefined) continue;
    put(wanted, key, value);
    origins.set(key, 'flag');
  }
  for (const key of secretKeys) {
    const secret = valueAt(wanted, key);
    if (typeof secret === 'string') put(wanted, key, withoutLineEnding(secret));
  }
  const read = schema.safeParse(wanted);
  if (!read.success) faults.push(...read.error.issues.flatMap((issue) => describe(issue, origins, file)));
  else
    for (const { path, message } of findConflicts(read.data))
      faults.push(`${place(path, origins, file)}: ${message}`);
  if (!read.success || faults.length > 0) throw new DockpassError('bad_configuration', faults.join('\n'));
  const base = file === undefined ? process.cwd() : dirname(resolve(file.path));
  const settings = resolveSettings(read.data, base);
  const database = withPassword(settings.database, settings.databasePassword);
  const given = JSON.stringify({ values: withoutSecrets(wanted), folder: base } satisfies GivenSettings);
  return Object.freeze({ ...settings, database, file: file?.path, origins, given });
}

function withoutSecrets(values: Readonly<Record<string, unknown>>, prefix = ''): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([name]) => !secretKeys.has(prefix + name))
      .map(([name, value]) => [name, isSection(value) ? withoutSecrets(value, `${prefix}${name}.`) : value]),
  );
}

async function findFile(
  flag: string | null | undefined,
  environment: Environment,
): Promise<YamlFile | undefined> {
  if (flag === null) return undefined;
  const named = flag ?? (environment['DOCKPASS_CONFIG'] || undefined);
  const path =
    named ?? ['dockpass.yml', '/etc/dockpass/dockpass.yml'].find((candidate) => existsSync(candidate));
  if (path === undefined) return undefined;
  try {
    return await readYaml(path, readFileSync(path, 'utf8'));
  } catch (cause) {
    if (cause instanceof DockpassError) throw cause;
    throw new DockpassError(
      'bad_configuration',
      `cannot read the configuration file ${path}: ${messageOf(cause)}. Check the path and its permissions.`,
      { cause },
    );
  }
}

/**
 * Describes a validation error: its place, and the values that are valid there. Returns one line for each unknown key,
 * and a single line for any other error.
 */
function describe(
  issue: core.$ZodIssue,
  origins: ReadonlyMap<string, Origin>,
  file: YamlFile | undefined,
): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      // In YAML, a key can be a whole mapping, for example by the mistake `? keys: …`. Such a key may contain a secret,
      // so the message does not show it.
      const shown = /^[[{]/.test(key) ? 'a key that is a list or a mapping' : key;
      return `${place([...issue.path, shown], origins, file)}: ${unknown(issue.path, shown)}`;
    });
  }
  const inner =
    issue.code === 'invalid_union' ? issue.errors.flat().find(({ code }) => code === 'custom') : undefined;
  const isEntry = issue.path.some((name) => typeof name === 'number');
  const isInEnvironment = originOf(issue.path.map(String), origins) === 'environment';
  // The hint says to separate entries with commas. It would be wrong for rules, which are JSON in a variable too.
  const hint =
    isEntry && isInEnvironment && keysOfRules(issue.path[0]) === undefined ? `. ${listInEnvironment}` : '';
  return [`${place(issue.path, origins, file)}: ${(inner ?? issue).message}${hint}`];
}

function unknown(section: readonly PropertyKey[], key: string): string {
  const prefix = section.map((name) => `${String(name)}.`).join('');
  const rule = keysOfRules(section[0]);
  const keys = rule ?? settingKeys();
  // Suggest a key of the same section whose name is similar to the unknown key. If there is no such key, suggest a key
  // of another section that has the same name as the unknown key.
  const siblings = keys
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length).split('.')[0] ?? '');
  const meant = didYouMean(key, rule ?? siblings);
  const elsewhere = keys.find((name) => name.split('.').at(-1)?.toLowerCase() === key.toLowerCase());
  return noSuchSetting(meant ?? elsewhere);
}

/** Returns the keys of a rule in a setting that is a list of rules. Undefined for any other setting. */
function keysOfRules(setting: PropertyKey | undefined): readonly string[] | undefined {
  if (setting === 'policy') return ruleKeys;
  if (setting === 'retention') return retentionRuleKeys;
  return setting === 'trust' ? trustRuleKeys : undefined;
}

function place(
  path: readonly PropertyKey[],
  origins: ReadonlyMap<string, Origin>,
  file: YamlFile | undefined,
): string {
  const names = path.map(String);
  const key = names.join('.');
  const origin = originOf(names, origins);
  if (origin === 'environment') {
    // The variable of a list of rules holds the whole list, so the place in the list is named too.
    const [setting = ''] = names;
    if (keysOfRules(setting) !== undefined && names.length > 1) return `${environmentName(setting)}: ${key}`;
    return environmentName(names.filter((name) => !/^\d+$/.test(name)).join('.'));
  }
  if (origin === 'flag') return `flag for ${key}`;
  const line = file?.lineOf(names);
  return file === undefined ? key : `${file.path}${line === undefined ? '' : `:${line}`}: ${key}`;
}

function originOf(names: readonly string[], origins: ReadonlyMap<string, Origin>): Origin | undefined {
  // `origins` contains the origin of a list, but not of the values in the list. So if `names` is the path of a value in
  // a list, the origin of the list is used.
  return names
    .map((_, at) => origins.get(names.slice(0, at + 1).join('.')))
    .find((found) => found !== undefined);
}

function leafKeys(values: Readonly<Record<string, unknown>>, prefix = ''): string[] {
  return Object.entries(values).flatMap(([name, value]) =>
    isSection(value) ? leafKeys(value, `${prefix}${name}.`) : [`${prefix}${name}`],
  );
}

/** Sets the setting with this dotted key. Copies the sections that it changes. */
export function put(values: Record<string, unknown>, key: string, value: unknown): void {
  const names = key.split('.');
  const last = names.pop() ?? key;
  let section = values;
  for (const name of names) {
    const next = isSection(section[name]) ? { ...section[name] } : {};
    section[name] = next;
    section = next;
  }
  section[last] = value;
}

/** Returns the value at a dotted key of values that are not validated yet. */
export function valueAt(values: unknown, key: string): unknown {
  return key
    .split('.')
    .reduce<unknown>((at, name) => (isSection(at) && Object.hasOwn(at, name) ? at[name] : undefined), values);
}

function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Resolves relative paths against the folder of the configuration file, so that the server and the commands use the
 * same files even if they run in different folders. Completes the trust rules.
 */
export function resolveSettings(settings: Settings, base: string): Settings {
  const result = structuredPaths(settings as unknown as Record<string, unknown>, base, '');
  return { ...(result as unknown as Settings), trust: resolveTrust(settings, base) };
}

function structuredPaths(
  values: Record<string, unknown>,
  base: string,
  prefix: string,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const key = prefix + name;
      if (pathKeys.has(key) && typeof value === 'string' && !/^postgres(ql)?:/.test(value))
        return [name, resolve(base, value)];
      const nested =
        Object.getPrototypeOf(value ?? 0) === Object.prototype &&
        [...pathKeys].some((path) => path.startsWith(`${key}.`));
      return [name, nested ? structuredPaths(value as Record<string, unknown>, base, `${key}.`) : value];
    }),
  );
}
