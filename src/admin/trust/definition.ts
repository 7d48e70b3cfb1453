import type { Config } from '../../config/load.ts';
import { defaultAudiences, missingAudience } from '../../config/values/trust-audiences.ts';
import { trustRuleSchema } from '../../config/values/trust-rules.ts';
import { DockpassError } from '../../errors.ts';
import type { StoredTrustRule, TrustDefinition } from '../../store/store.ts';
import { keySourceOf, type TrustRule } from '../../trust/trust-rule.ts';
import type { NewTrustRule } from './platform-rule.ts';

type Settings = Pick<Config, 'trust' | 'up'>;

/**
 * Parses a new rule with the schema of the setting `trust`, so that rules in the database and in the file mean the
 * same.
 * @throws DockpassError `bad_name`, `bad_usage` with all faults
 */
export function parseNewDefinition({ name, definition, pins }: NewTrustRule, settings: Settings): TrustRule {
  const { rule, faults } = parse(name, definition, pins, settings);
  if (rule !== undefined && faults.length === 0) return rule;
  const ofName = faults.find(({ key }) => key === 'name');
  if (ofName !== undefined)
    throw new DockpassError('bad_name', `${JSON.stringify(name.slice(0, 80))} ${ofName.message}`);
  throw new DockpassError('bad_usage', faults.map(({ key, message }) => `${key}: ${message}`).join('\n'));
}

/**
 * Parses a rule that was stored. It was valid then, but the configuration can have changed in the meantime.
 * @returns the rule, or why it cannot be used and what to do
 */
export function parseStoredRule(
  { name, definition, pins }: StoredTrustRule,
  settings: Settings,
): { readonly rule: TrustRule } | { readonly rule: undefined; readonly problem: string } {
  const { rule, faults } = parse(name, definition, pins, settings);
  if (rule !== undefined && faults.length === 0) return { rule };
  return { rule: undefined, problem: faults.map(({ key, message }) => `${key} ${message}`).join('; ') };
}

interface Fault {
  readonly key: string;
  readonly message: string;
}

function parse(
  name: string,
  definition: TrustDefinition,
  pins: readonly string[],
  settings: Settings,
): { readonly rule?: TrustRule; readonly faults: readonly Fault[] } {
  const read = trustRuleSchema(sourceOf(definition, settings)).safeParse({ ...definition, name });
  if (!read.success) return { faults: read.error.issues.map(toFault) };
  const { audiences } = read.data;
  const missing = audiences.length > 0 ? undefined : missingAudience(settings.up);
  const rule: TrustRule = {
    ...read.data,
    audiences: audiences.length > 0 ? audiences : defaultAudiences(settings.up),
    origin: 'database',
    isPending: pins.length > 0,
  };
  return {
    rule,
    faults: [
      ...(missing === undefined ? [] : [{ key: 'audience', message: missing }]),
      ...pins.flatMap((pin) => faultOfPin(pin, rule) ?? []),
    ],
  };
}

function toFault({
  path,
  message,
}: {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}): Fault {
  return { key: path.map(String).join('.') || 'rule', message };
}

function faultOfPin(pin: string, { when }: TrustRule): Fault | undefined {
  const key = 'pin';
  if (pin.split('/').includes('') && !pin.includes('://'))
    return { key, message: `${JSON.stringify(pin)} must be the name of a claim` };
  if (when.some(({ claim }) => claim === pin))
    return { key, message: `${pin} is already a condition: leave it out in one of the two` };
  return undefined;
}

/**
 * Rules in the database cannot have issuers on private networks, unless the configuration file has a rule with the same
 * issuer and keys: then its owner wants dockpass to read these keys.
 */
function sourceOf({ issuer, jwks }: TrustDefinition, { trust }: Settings): 'file' | 'api' {
  if (jwks !== undefined && !(typeof jwks === 'string' && jwks.startsWith('https://'))) return 'api';
  const source = keySourceOf({ issuer: String(issuer), jwks });
  return trust.some((rule) => keySourceOf(rule) === source) ? 'file' : 'api';
}
