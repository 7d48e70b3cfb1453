import { formatRightTemplate } from './right-template.ts';
import { presetIssuers } from './presets.ts';
import type { TrustRule } from './trust-rule.ts';

/** A rule as a person writes it. The session is a number of seconds. */
export interface TrustDefinition {
  readonly name: string;
  /** The name of a preset, or the URL of the issuer. */
  readonly issuer: string;
  readonly jwks?: string;
  readonly audience: readonly string[];
  /** For each claim, the accepted value, or a list of them. */
  readonly when: Readonly<Record<string, string | readonly string[]>>;
  readonly only: readonly string[];
  readonly session: number;
}

/** Returns a rule as a person writes it. */
export function definitionOf(rule: TrustRule): TrustDefinition {
  return {
    name: rule.name,
    issuer: presetIssuerName(rule),
    ...(rule.jwks !== undefined && { jwks: rule.jwks }),
    audience: rule.audiences,
    // `Object.fromEntries` also creates a property of its own for a claim with the name `__proto__`.
    when: Object.fromEntries(
      rule.when.map(({ claim, accepted }) => [claim, accepted.length === 1 ? (accepted[0] ?? '') : accepted]),
    ),
    only: rule.only.map(formatRightTemplate),
    session: rule.session,
  };
}

/** Returns the name of the preset with exactly this issuer, otherwise the URL. */
function presetIssuerName({ issuer }: TrustRule): string {
  const names = Object.keys(presetIssuers) as (keyof typeof presetIssuers)[];
  return names.find((name) => presetIssuers[name] === issuer) ?? issuer;
}
