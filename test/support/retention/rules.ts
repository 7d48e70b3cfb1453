import { compilePattern } from '../../../src/policy/pattern.ts';
import type { RetentionRule } from '../../../src/retention/rule.ts';

/** A rule as one writes it, with durations in seconds. */
export interface WrittenRule {
  readonly on: readonly string[];
  readonly keep?: {
    readonly newest?: number;
    readonly pulledWithin?: number;
    readonly pushedWithin?: number;
    readonly tags?: readonly string[];
  };
  readonly untagged?: number;
}

export function ruleOf({ on, keep, untagged }: WrittenRule, number = 1): RetentionRule {
  return {
    number,
    on: on.map(compilePattern),
    keep: keep && {
      newest: keep.newest,
      pulledWithin: keep.pulledWithin,
      pushedWithin: keep.pushedWithin,
      tags: (keep.tags ?? []).map(compilePattern),
    },
    untagged,
  };
}
