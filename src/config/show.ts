import { Secret } from '../secret.ts';
import { actions as allActions } from '../policy/rights.ts';
import type { Rule } from '../policy/rule.ts';
import type { RetentionRule } from '../retention/rule.ts';
import { formatRightTemplate } from '../trust/right-template.ts';
import type { TrustRule } from '../trust/trust-rule.ts';
import { formatDomain, type Domain } from '../realm/domain.ts';
import { settingKeys } from './environment.ts';
import { formatListen } from '../net/listen-address.ts';
import type { Config } from './load.ts';
import { secretKeys, unitOf } from './schema.ts';
import { formatDuration } from './values/duration.ts';
import { formatSize } from './values/size.ts';

/**
 * Formats the effective value of every setting with its origin, one setting per line. Each value is written as in the
 * configuration file. Secrets are masked.
 */
export function showConfig(config: Config): string {
  return showConfigAsJson(config)
    .map(({ name, value, origin }) => `${name} = ${value}  (${origin})`)
    .join('\n');
}

/**
 * Returns the effective value of every setting with its origin, as data for `--json`. Secrets are masked. `value` is
 * the text that a person would write in the configuration file.
 */
export function showConfigAsJson(config: Config): { name: string; value: string; origin: string }[] {
  return settingKeys().map((key) => ({
    name: key,
    value: formatMasked(config, key),
    origin: config.origins.get(key) ?? 'default',
  }));
}

/** Returns the value of the setting with this dotted key, such as `keys.directory`. */
export function settingAt(values: object, key: string): unknown {
  return key.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], values);
}

/**
 * Formats a setting as `formatSetting` does, but masks its value if it may contain a secret. A database URL is masked,
 * because it may contain a password. The path of a SQLite database is not masked.
 */
export function formatMasked(config: Config, key: string): string {
  const value = formatSetting(config, key);
  const isHarmless = value === 'null' || (key === 'database' && !value.includes('://'));
  return secretKeys.has(key) && !isHarmless ? String(new Secret(value)) : value;
}

/**
 * Formats a setting as a person would write it in the configuration file, which is YAML: `5m`, `4GiB`, `["**"]`. Lists
 * and rules are written as JSON, which is valid YAML. Secrets are not masked.
 */
export function formatSetting(config: Config, key: string): string {
  const value = toFileForm(settingAt(config, key), unitOf(key));
  if (typeof value === 'string') return isPlain(value) ? value : JSON.stringify(value);
  if (typeof value === 'object' && value !== null) return formatFlow(value);
  return String(value);
}

type FileForm = string | number | boolean | null | readonly FileForm[] | { readonly [key: string]: FileForm };

function toFileForm(value: unknown, unit: ReturnType<typeof unitOf>): FileForm {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number' && unit !== undefined)
    return unit === 'duration' ? formatDuration(value) : formatSize(value);
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return value.map((item: unknown) => toFileForm(item, undefined));
  if (value instanceof URL) return value.href;
  if ('text' in value) return String(value.text);
  if ('effect' in value) return ruleForm(value as Rule);
  if ('audiences' in value) return trustForm(value as TrustRule);
  if ('untagged' in value) return retentionForm(value as RetentionRule);
  if ('texts' in value) return toFileForm(value.texts, undefined);
  if ('wildcard' in value) return formatDomain(value as Domain);
  return formatListen(value as { host: string; port: number });
}

function ruleForm({ effect, actions, to, on, realm, from }: Rule): FileForm {
  return {
    [effect]: actions.length === allActions.length ? ['*'] : actions,
    to,
    on: on.map(({ text }) => text),
    ...(realm !== undefined && { realm }),
    ...(from !== undefined && { from: from.texts }),
  };
}

function trustForm({ name, issuer, preset, jwks, audiences, when, only, session }: TrustRule): FileForm {
  return {
    name,
    // Each organization of CircleCI has its own issuer, so the name of this preset does not say which one.
    issuer: preset === undefined || preset === 'circleci' ? issuer : preset,
    ...(jwks !== undefined && { jwks }),
    audience: audiences,
    // `Object.fromEntries` also creates a property of its own for a claim with the name `__proto__`.
    when: Object.fromEntries(
      when.map(({ claim, accepted }) => [claim, accepted.length === 1 ? (accepted[0] ?? '') : accepted]),
    ),
    only: only.map(formatRightTemplate),
    session: formatDuration(session),
  };
}

function retentionForm({ on, keep, untagged }: RetentionRule): FileForm {
  return {
    on: on.map(({ text }) => text),
    ...(keep !== undefined && {
      keep: {
        ...(keep.newest !== undefined && { newest: keep.newest }),
        ...(keep.pulledWithin !== undefined && { pulledWithin: formatDuration(keep.pulledWithin) }),
        ...(keep.pushedWithin !== undefined && { pushedWithin: formatDuration(keep.pushedWithin) }),
        ...(keep.tags.length > 0 && { tags: keep.tags.map(({ text }) => text) }),
      },
    }),
    ...(untagged !== undefined && { untagged: formatDuration(untagged) }),
  };
}

/** Formats a list or a mapping as JSON with spaces between the entries, which is also YAML. */
function formatFlow(value: FileForm): string {
  if (Array.isArray(value)) return `[${value.map(formatFlow).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${formatFlow(item)}`);
  return `{ ${entries.join(', ')} }`;
}

/**
 * Returns true if the text needs no quotes in YAML. Without quotes, YAML would read `1e3` as a number and `null` as no
 * value. If in doubt, returns false.
 */
function isPlain(text: string): boolean {
  return (
    /^[\w/.][\w/.:@,+-]*$/.test(text) &&
    !text.endsWith(':') &&
    !/^(?:null|true|false|yes|no|on|off|y|n|[\d_.+-]+(?:e[\d+-]+)?|0[xob].*)$/i.test(text)
  );
}
