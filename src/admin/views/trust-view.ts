import { formatDuration } from '../../config/values/duration.ts';
import type { LastUse, SeenJwt, TrustDefinition } from '../../store/store.ts';
import { findHidingRule } from '../../trust/hidden-rules.ts';
import { formatRightTemplate } from '../../trust/right-template.ts';
import { findWarnings } from '../../trust/rule-warnings.ts';
import type { TrustRule } from '../../trust/trust-rule.ts';
import type { KnownRule } from '../trust/rules-in-force.ts';
import { describePins } from '../trust/shown-claims.ts';
import { conditionsIn } from '../trust/stored-conditions.ts';
import { formatTime } from './time.ts';

/** A trust rule in the form that `--json` prints and the API contains. */
export interface TrustRuleView {
  readonly name: string;
  readonly origin: TrustRule['origin'];
  readonly issuer: string;
  readonly preset: string | null;
  /** The file or URL of the key set; null if the issuer's discovery document names it. */
  readonly jwks: string | null;
  /** Every accepted audience, also if the rule has the default ones. */
  readonly audience: readonly string[];
  /** The accepted values of each claim. */
  readonly when: Readonly<Record<string, readonly string[]>>;
  readonly only: readonly string[];
  /** A duration such as `1h`. */
  readonly session: string;
  /** True if the rule waits for a confirmation and grants nothing. */
  readonly isPending: boolean;
  /** The claims whose values the confirmation fixes. Empty if the rule does not wait. */
  readonly pin: readonly string[];
  /** The first JWT that matched while the rule waited; null if there was none. */
  readonly candidate: SeenJwtView | null;
  readonly lastUsedAt: string | null;
  readonly lastUsedFrom: string | null;
  /** The name of an earlier rule that matches every JWT of this one; null if there is none. */
  readonly hiddenBy: string | null;
  readonly warnings: readonly string[];
}

export interface SeenJwtView {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly seenAt: string;
  readonly address: string;
}

/** Returns all rules as people see them. */
export function viewsOfRules(
  known: readonly KnownRule[],
  lastUses: ReadonlyMap<string, LastUse>,
): TrustRuleView[] {
  const asConfirmed = known.map((each) => ({ ...each, rule: withPins(each) }));
  const rules = asConfirmed.flatMap(({ rule }) => rule ?? []);
  return asConfirmed.map((each) => viewOf(each, lastUses.get(each.name), rules));
}

/**
 * Returns a waiting rule with conditions on the claims that its confirmation fixes, because the warnings are about the
 * rule that it becomes. No JWT has the value of these conditions.
 */
function withPins({ rule, stored }: KnownRule): TrustRule | undefined {
  const pins = stored?.pins ?? [];
  if (rule === undefined || pins.length === 0) return rule;
  return { ...rule, when: [...rule.when, ...pins.map((claim) => ({ claim, accepted: ['\0'] }))] };
}

function viewOf(
  { name, origin, rule, problem, stored }: KnownRule,
  lastUse: LastUse | undefined,
  rules: readonly TrustRule[],
): TrustRuleView {
  const candidate = stored?.candidate ?? null;
  const pins = stored?.pins ?? [];
  return {
    ...{ name, origin },
    ...(rule === undefined ? viewOfDefinition(stored?.definition ?? {}) : viewOfRule(rule, pins)),
    isPending: pins.length > 0,
    pin: pins,
    candidate: candidate && viewOfJwt(candidate),
    lastUsedAt: lastUse === undefined ? null : formatTime(lastUse.at),
    lastUsedFrom: lastUse?.from ?? null,
    hiddenBy: (rule && findHidingRule(rule, rules)?.name) ?? null,
    warnings: [
      ...(problem === undefined ? [] : [`the rule grants nothing: ${problem}`]),
      ...(candidate?.other === undefined ? [] : [describeOther(name, pins, candidate.other)]),
      ...(rule === undefined ? [] : findWarnings(rule, rules)),
    ],
  };
}

function viewOfRule(
  { issuer, preset, jwks, audiences, when, only, session }: TrustRule,
  pins: readonly string[],
) {
  return {
    issuer,
    preset: preset ?? null,
    jwks: jwks ?? null,
    audience: audiences,
    when: Object.fromEntries(
      when.filter(({ claim }) => !pins.includes(claim)).map(({ claim, accepted }) => [claim, accepted]),
    ),
    only: only.map(formatRightTemplate),
    session: formatDuration(session),
  };
}

/** Shows a rule that cannot be parsed, so that a person can see what to remove. */
function viewOfDefinition(definition: TrustDefinition) {
  const { issuer, jwks, audience, only, session } = definition;
  return {
    issuer: String(issuer),
    preset: null,
    jwks: typeof jwks === 'string' ? jwks : null,
    audience: textsOf(audience),
    when: Object.fromEntries(
      Object.entries(conditionsIn(definition)).map(([claim, values]) => [claim, textsOf(values)]),
    ),
    only: textsOf(only),
    session: typeof session === 'string' ? session : '',
  };
}

function textsOf(value: unknown): string[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map((each) =>
    typeof each === 'string' ? each : JSON.stringify(each),
  );
}

function viewOfJwt({ claims, seenAt, address }: SeenJwt): SeenJwtView {
  return { claims, seenAt: formatTime(seenAt), address };
}

function describeOther(name: string, pins: readonly string[], { claims, seenAt, address }: SeenJwt): string {
  return `a JWT with other ids came at ${formatTime(seenAt)} from ${address}: ${describePins(pins, claims)}. Confirming fixes the ids of the first JWT. If the first JWT is not yours, remove the rule with "dockpass trust remove ${name}", and add it again`;
}
