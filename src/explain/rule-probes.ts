import { foldName } from '../policy/fold-name.ts';
import { sampleName, sampleNameOfBoth } from '../policy/sample-names.ts';
import type { Rule } from '../policy/rule.ts';
import { mayMatch } from './who-can.ts';

/** A repository on which two sets of rules are compared. */
export interface RuleProbe {
  readonly repository: string;
  /**
   * The patterns for which the repository is an example. Empty if the repository exists, or if it was given by name.
   */
  readonly patterns: readonly string[];
}

/** The largest number of pattern pairs for which an example is searched. */
const maxPairs = 20_000;

export interface RuleProbes {
  readonly probes: readonly RuleProbe[];
  /** False if there are too many patterns to find an example for each pair of them. */
  readonly isComplete: boolean;
}

/**
 * Chooses the repositories on which the changed rules can make a difference: the known repositories that a changed rule
 * may match, an example for each pattern of a changed rule, and an example for each pair of such a pattern and any
 * other pattern, because the access to a repository can depend on both.
 * @param others the patterns of all other rules, of grants, robots and public repositories
 * @param names the values of `${user}` and `${group}`
 */
export function chooseProbes(
  changed: readonly Rule[],
  others: readonly string[],
  known: readonly string[],
  names: { readonly users: readonly string[]; readonly groups: readonly string[] },
): RuleProbes {
  const found = new Map<string, Set<string>>();
  const add = (repository: string | undefined, ...patterns: readonly string[]): void => {
    if (repository === undefined) return;
    const of = found.get(repository) ?? new Set();
    patterns.forEach((pattern) => of.add(pattern));
    found.set(repository, of);
  };
  const existing = new Set(known.filter((name) => changed.some((rule) => mayMatch(rule, name))));
  existing.forEach((name) => add(name));

  const texts = unique(changed.flatMap(({ on, effect }) => on.map(({ text }) => textOf(text, effect))));
  const own = unique(texts.flatMap((text) => bind(text, names)));
  for (const text of own) add(sampleName(text), text);
  const rest = unique([...own, ...others.flatMap((text) => bind(text, names))]);
  let pairCount = 0;
  for (const [at, one] of own.entries()) {
    for (const [otherAt, other] of rest.entries()) {
      // The first patterns of `rest` are those of `own`, so a pair of two of them comes up twice.
      if (otherAt <= at && otherAt < own.length) continue;
      if (++pairCount > maxPairs) return { probes: probesOf(found, existing), isComplete: false };
      add(sampleNameOfBoth(one, other), one, other);
    }
  }
  return { probes: probesOf(found, existing), isComplete: true };
}

function probesOf(
  found: ReadonlyMap<string, ReadonlySet<string>>,
  existing: ReadonlySet<string>,
): RuleProbe[] {
  return [...found].map(([repository, patterns]) => ({
    repository,
    patterns: existing.has(repository) ? [] : [...patterns],
  }));
}

/** Deny rules ignore the case of letters, so an example for them is in lower case. */
function textOf(text: string, effect: Rule['effect']): string {
  return effect === 'deny' ? foldName(text) : text;
}

/** The largest number of names for which a pattern with a variable gets an example. */
const maxBound = 100;

/** Replaces `${user}` and `${group}` by names. */
function bind(
  text: string,
  { users, groups }: { users: readonly string[]; groups: readonly string[] },
): string[] {
  let bound = [text];
  for (const [variable, names] of [
    ['${user}', users],
    ['${group}', groups],
  ] as const)
    if (text.includes(variable))
      bound = bound.flatMap((part) =>
        names.slice(0, maxBound).map((name) => part.replaceAll(variable, name)),
      );
  return bound;
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
