import type { Claims, Conditions } from '../../api/trust-types.ts';

/** How much of a claim is shown. A JWT can have 16 KiB. */
const maxShown = 500;

/** Control characters, and characters that are invisible or change the direction of the text around them. */
const confusing = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\p{Cn}]/gu;

/**
 * Formats the value of a claim. Whoever starts a job chooses values such as the name of a branch. Characters that would
 * make one value look like another are therefore shown as escapes, for example `\u202e`.
 */
export function formatClaim(value: unknown): string {
  if (value === undefined) return '(missing)';
  return visible(typeof value === 'string' ? value : JSON.stringify(value));
}

/** Shows a text with escapes in place of confusing characters, and shortened. */
export function visible(text: string): string {
  const shown = text.slice(0, maxShown).replaceAll(confusing, escapeOf);
  return text.length > maxShown ? `${shown}… (${text.length} characters)` : shown;
}

function escapeOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff
    ? String.raw`\u{${code.toString(16)}}`
    : String.raw`\u${code.toString(16).padStart(4, '0')}`;
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
