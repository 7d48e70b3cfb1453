import { hash } from 'node:crypto';
import type { ClaimCondition } from './claim-condition.ts';
import type { PresetName } from './presets.ts';
import type { RightTemplate } from './right-template.ts';

/**
 * A rule of the setting `trust`, or a rule in the database. Jobs and pods whose JWT fulfills it log in as `ci:NAME`,
 * and the rule gives them their rights.
 */
export interface TrustRule {
  readonly name: string;
  /** `file`: the rule is in the setting `trust`. `database`: an administrator has added it. */
  readonly origin: 'file' | 'database';
  /** The claim `iss` of the JWT, an https URL that is compared exactly. */
  readonly issuer: string;
  /** The platform that issues the JWT, also if the rule names its URL. Undefined for any other issuer. */
  readonly preset: PresetName | undefined;
  /** An absolute path or an https URL of the key set. Undefined if the issuer's discovery document names it. */
  readonly jwks: string | undefined;
  /** The accepted values of the claim `aud`. One must be there. */
  readonly audiences: readonly string[];
  /** The conditions. The JWT must fulfill each of them. */
  readonly when: readonly ClaimCondition[];
  readonly only: readonly RightTemplate[];
  /** How long a job can use its session, in seconds. 0 if the rule gives no session. */
  readonly session: number;
  /** True if the rule waits for `dockpass trust confirm`. Such a rule gives no access. */
  readonly isPending: boolean;
}

/** The form of the name of a rule, as of a user name. */
export const ruleNameGrammar = /^[a-z0-9](?:[a-z0-9._@-]{0,62}[a-z0-9])?$/;
/** The session of a rule that does not name one, in seconds. */
export const defaultSession = 60 * 60;
/** The longest session, in seconds. */
export const maxSession = 6 * 60 * 60;

const versions = new WeakMap<TrustRule, string>();

/**
 * Returns a text that is equal for two rules only if everything in them is equal. It is short, because tokens contain it
 * (src/token/catalog-claim.ts).
 */
export function versionOfRule(rule: TrustRule): string {
  const known = versions.get(rule);
  if (known !== undefined) return known;
  const version = hash('sha256', JSON.stringify(rule), 'base64url').slice(0, 22);
  versions.set(rule, version);
  return version;
}

/** Returns the path of the file with the key set of a rule. Undefined if the key set is read from a server. */
export function keyFileOf({ jwks }: Pick<TrustRule, 'jwks'>): string | undefined {
  return jwks === undefined || jwks.startsWith('https://') ? undefined : jwks;
}

/**
 * Identifies the key set that verifies the JWTs of a rule. The issuer alone does not identify it: many Kubernetes
 * clusters have the same issuer, and each has its own keys.
 */
export function keySourceOf({ issuer, jwks }: Pick<TrustRule, 'issuer' | 'jwks'>): string {
  return `${issuer} ${jwks ?? ''}`;
}
