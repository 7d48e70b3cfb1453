import type { Claims, Conditions } from '../../api/trust-types.ts';
import { visible } from '../visible-text.ts';

/** Formats the value of a claim. Anyone who starts a job chooses values such as the name of a branch. */
export function formatClaim(value: unknown): string {
  if (value === undefined) return '(missing)';
  return visible(typeof value === 'string' ? value : JSON.stringify(value));
}

/** A claim for display: its name, and its value as text. Members of nested claims are listed by their path. */
export interface ShownClaim {
  readonly name: string;
  readonly value: string;
}

/** Lists claims by name. Nested claims are listed by their path, as a condition of a rule names them. */
export function listClaims(claims: Claims): readonly ShownClaim[] {
  return Object.entries(claims).flatMap(([name, value]) => flatten(name, value, 0));
}

const maxDepth = 4;

function flatten(path: string, value: unknown, depth: number): readonly ShownClaim[] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && depth < maxDepth) {
    const members = Object.entries(value);
    if (members.length > 0)
      return members.flatMap(([name, member]) => flatten(`${path}/${name}`, member, depth + 1));
  }
  return [{ name: visible(path), value: withTime(path, value) }];
}

/** The times of a JWT are seconds since the epoch (RFC 7519 section 2, NumericDate). */
function withTime(name: string, value: unknown): string {
  const text = formatClaim(value);
  if (!['exp', 'iat', 'nbf'].includes(name) || typeof value !== 'number') return text;
  const date = new Date(value * 1000);
  return Number.isNaN(date.getTime())
    ? text
    : `${text} (${date.toISOString().replace('.000Z', 'Z').replace('T', ' ')})`;
}

/** Lists conditions with all accepted values. */
export function listConditions(
  when: Conditions,
): readonly { readonly claim: string; readonly accepted: readonly string[] }[] {
  return Object.entries(when).map(([claim, accepted]) => ({ claim, accepted: [accepted].flat() }));
}
