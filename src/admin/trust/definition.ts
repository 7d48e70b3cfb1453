import type { Config } from '../../config/load.ts';
import { defaultAudiences, missingAudience } from '../../config/values/trust-audiences.ts';
import { trustRuleSchema } from '../../config/values/trust-rules.ts';
import { isKeyUrl } from '../../config/values/issuer-url.ts';
import { DockpassError } from '../../errors.ts';
import type { StoredTrustRule, TrustDefinition } from '../../store/store.ts';
import { isClaimName } from '../../trust/claims.ts';
import { keySourceOf, type TrustRule } from '../../trust/trust-rule.ts';
import type { NewTrustRule } from './platform-rule.ts';

type Settings = Pick<Config, 'trust' | 'up'>;

/**
 * Parses a new rule with the schema of the setting `trust`, so that rules in the database and in the file mean the
 * same.
 * @throws DockpassError `bad_name`, `bad_usage` with all faults
 */
export function parseNewDefinition(newRule: NewTrustRule, settings: Settings): TrustRule {
  const { rule, faults } = parse(newRule, settings);
  if (rule !== undefined) return rule;
  const { name } = newRule;
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
  stored: StoredTrustRule,
  settings: Settings,
): { readonly rule: TrustRule } | { readonly rule: undefined; readonly problem: string } {
  const { rule, faults } = parse(stored, settings);
  return rule !== undefined
    ? { rule }
    : { rule, problem: faults.map(({ key, message }) => `${key} ${message}`).join('; ') };
}

interface Fault {
  readonly key: string;
  readonly message: string;
}

/** A rule without faults, or at least one fault. */
type Parsed =
  | { readonly rule: TrustRule; readonly faults?: never }
  | { readonly rule: undefined; readonly faults: readonly Fault[] };

function parse({ name, definition, pins }: NewTrustRule, settings: Settings): Parsed {
  const read = trustRuleSchema(sourceOf(definition, settings)).safeParse({ ...definition, name });
  if (!read.success) return { rule: undefined, faults: read.error.issues.map(toFault) };
  const { audiences } = read.data;
  const missing = audiences.length > 0 ? undefined : missingAudience(settings.up);
  const rule: TrustRule = {
    ...read.data,
    audiences: audiences.length > 0 ? audiences : defaultAudiences(settings.up),
    origin: 'database',
    isPending: pins.length > 0,
  };
  const faults: readonly Fault[] = [
    ...(missing === undefined ? [] : [{ key: 'audience', message: missing }]),
    ...pins.flatMap((pin) => faultOfPin(pin, rule) ?? []),
  ];
  return faults.length === 0 ? { rule } : { rule: undefined, faults };
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
  if (!isClaimName(pin)) return { key, message: `${JSON.stringify(pin)} must be the name of a claim` };
  if (when.some(({ claim }) => claim === pin))
    return { key, message: `${pin} is already a condition: leave it out in one of the two` };
  return undefined;
}

/**
 * Rules in the database cannot have issuers on private networks, unless the configuration file has a rule with the same
 * issuer and keys: then its owner wants dockpass to read these keys.
 */
function sourceOf({ issuer, jwks }: TrustDefinition, { trust }: Settings): 'file' | 'api' {
  if (jwks !== undefined && !(typeof jwks === 'string' && isKeyUrl(jwks))) return 'api';
  const source = keySourceOf({ issuer: String(issuer), jwks });
  return trust.some((rule) => keySourceOf(rule) === source) ? 'file' : 'api';
}
