import * as z from 'zod/mini';
import { compilePattern } from '../../policy/pattern.ts';
import type { RetentionRule } from '../../retention/rule.ts';
import { parseDuration } from './duration.ts';
import { nonEmptyList, rulesFromJson } from './list.ts';
import { read, wholeNumberFrom } from './read.ts';

/** This file contains the schema of the setting `retention`. src/retention decides what the rules delete. */

/** Creates the schema of one rule. It is created when there is a rule, because each command creates the whole schema. */
function ruleSchema() {
  // A duration of 0 would make a condition that never keeps anything.
  const duration = read(
    (text) => parseDuration(text) || undefined,
    'a duration such as 12h, 30d, 8w or 1y, and more than 0',
  );
  const pattern = read(
    (text) => (text === '' ? undefined : compilePattern(text)),
    'a repository pattern such as ci/** or **',
  );
  const tagPattern = read(
    (text) => (text === '' ? undefined : compilePattern(text)),
    'a tag such as latest, or a pattern of tags such as "v*"',
  );

  const wantedKeep =
    'must have at least one of the keys newest, pulledWithin, pushedWithin and tags, such as { newest: 20 }. To delete no tags, leave out keep, and set untagged';

  const keep = z
    .strictObject(
      {
        newest: z.optional(
          wholeNumberFrom(1, Number.MAX_SAFE_INTEGER, 'must be a whole number of at least 1, such as 20'),
        ),
        pulledWithin: z.optional(duration),
        pushedWithin: z.optional(duration),
        tags: z.optional(nonEmptyList(tagPattern)),
      },
      wantedKeep,
    )
    .check(
      z.refine((conditions) => Object.values(conditions).some((value) => value !== undefined), wantedKeep),
    );

  return z
    .strictObject(
      { on: nonEmptyList(pattern), keep: z.optional(keep), untagged: z.optional(duration) },
      'must be a rule, such as { on: ["ci/**"], keep: { newest: 20 } }',
    )
    .check(
      z.refine(
        (settings) => settings.keep !== undefined || settings.untagged !== undefined,
        'must have at least one of the keys "keep", which says which tags stay, and "untagged", which says after how long manifests without a tag are deleted',
      ),
    );
}

let rule: ReturnType<typeof ruleSchema> | undefined;

/** The keys that a rule in the setting `retention` can have, with those of `keep`. */
export const retentionRuleKeys: readonly string[] = [
  ...['on', 'keep', 'untagged'],
  ...['newest', 'pulledWithin', 'pushedWithin', 'tags'],
];

/**
 * The schema of the setting `retention`. The input is a YAML list of rules, or the JSON text of such a list from an
 * environment variable.
 */
export const retentionRules = z.pipe(
  z.pipe(
    z.union([rulesFromJson, z.array(z.unknown())], 'must be a list of rules'),
    z.array(z.lazy(() => (rule ??= ruleSchema()))),
  ),
  z.transform((rules: z.output<ReturnType<typeof ruleSchema>>[]): readonly RetentionRule[] =>
    rules.map(({ on, keep: conditions, untagged }, at) => ({
      number: at + 1,
      on,
      keep: conditions && {
        newest: conditions.newest,
        pulledWithin: conditions.pulledWithin,
        pushedWithin: conditions.pushedWithin,
        tags: conditions.tags ?? [],
      },
      untagged,
    })),
  ),
);
