import { canMatchRepository } from '../policy/can-match-repository.ts';
import type { RetentionRule } from './rule.ts';

/** The settings that retention depends on, apart from its rules. */
export interface RetentionSurroundings {
  /** False if no registry can send events to `dockpass serve`. */
  readonly receivesEvents: boolean;
  /** True if `retentionSchedule.at` is set. */
  readonly hasSchedule: boolean;
  /** The setting `retentionSchedule.apply`. */
  readonly appliesPlans: boolean;
}

/**
 * Returns a warning for each part of the settings `retention` and `retentionSchedule` that has no effect. Each element of
 * the list is one warning.
 */
export function findRetentionWarnings(
  rules: readonly RetentionRule[],
  { receivesEvents, hasSchedule, appliesPlans }: RetentionSurroundings,
): string[] {
  const warnings = rules.flatMap((rule) => warningsOf(rule, rules));
  if (appliesPlans && !hasSchedule)
    warnings.push('retentionSchedule.apply has no effect, because retentionSchedule.at is not set');
  if (rules.length === 0) {
    if (hasSchedule)
      warnings.push('retentionSchedule.at is set, but there is no rule in the setting "retention"');
    return warnings;
  }
  if (!receivesEvents) {
    const numbers = rules.flatMap(({ number, keep }) => (keep?.pulledWithin === undefined ? [] : [number]));
    const pulls = numbers.length === 0 ? '' : ` (pulledWithin in rule ${numbers.join(', ')} needs them)`;
    warnings.push(
      `the rules in the setting "retention" delete nothing with "dockpass serve", because events.secret is not set, so no pulls and pushes are known${pulls}. Set events.secret, and let the registry send its events. "dockpass up" does both itself`,
    );
  }
  return warnings;
}

function warningsOf({ number, on, keep }: RetentionRule, rules: readonly RetentionRule[]): string[] {
  const warnings: string[] = [];
  const earlier = rules.slice(0, number - 1);
  const hiding = on.map(({ text }) =>
    earlier.find((rule) => rule.on.some((pattern) => coversPattern(pattern.text, text))),
  );
  const hidden = hiding.filter((rule) => rule !== undefined);
  if (hidden.length === on.length) {
    const numbers = [...new Set(hidden.map((rule) => rule.number))].sort((a, b) => a - b);
    return [
      `retention rule ${number} has no effect: ${numbers.length === 1 ? 'rule' : 'rules'} ${numbers.join(', ')} ${numbers.length === 1 ? 'matches' : 'match'} the same repositories, and the first rule that matches decides. Move rule ${number} up`,
    ];
  }
  for (const [at, { text }] of on.entries()) {
    const rule = hiding[at];
    if (rule !== undefined)
      warnings.push(
        `retention rule ${number} has no effect for ${JSON.stringify(text)}: rule ${rule.number} matches the same repositories, and the first rule that matches decides`,
      );
    else if (!canMatchRepository(text))
      warnings.push(`retention rule ${number}: no repository matches ${JSON.stringify(text)}`);
  }
  for (const { text } of keep?.tags ?? []) {
    if (/^\*+$/.test(text))
      warnings.push(
        `retention rule ${number} deletes no tag, because ${JSON.stringify(text)} in keep.tags keeps every tag`,
      );
    else if (!/^[\w*][\w.*-]{0,127}$/.test(text))
      warnings.push(`retention rule ${number}: no tag matches ${JSON.stringify(text)} in keep.tags`);
  }
  return warnings;
}

/**
 * Returns true if the pattern `one` matches every name that the pattern `other` matches. `*` stands for a text without a
 * slash, `**` for any text. If in doubt, returns false.
 */
export function coversPattern(one: string, other: string): boolean {
  const [outer, inner] = [partsOf(one), partsOf(other)];
  // reached[i]: the first i parts of `outer` cover the parts of `inner` that have been read.
  let reached = outer.map((_, at) => outer.slice(0, at).every(isStar));
  reached.push(outer.every(isStar));
  for (const part of inner) {
    const next = Array<boolean>(outer.length + 1).fill(false);
    for (const [at, outerPart] of outer.entries()) {
      if (absorbs(outerPart, part) && (reached[at] === true || reached[at + 1] === true)) next[at + 1] = true;
      if (outerPart === part && reached[at] === true) next[at + 1] = true;
      // A star can also stand for no text.
      if (isStar(outerPart) && next[at] === true) next[at + 1] = true;
    }
    reached = next;
  }
  return reached.at(-1) === true;
}

function partsOf(pattern: string): string[] {
  return (pattern.match(/\*+|[^*]/gsu) ?? []).map((part) => (part.length > 2 ? '**' : part));
}

function isStar(part: string): boolean {
  return part.startsWith('*');
}

/** Returns true if everything that a part of the inner pattern stands for can be part of what the star stands for. */
function absorbs(star: string, part: string): boolean {
  return star === '**' || (star === '*' && part !== '**' && part !== '/');
}
