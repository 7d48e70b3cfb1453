import type { z } from 'zod';
import type { TrustRule } from '../trust/trust-rule.ts';
import { didYouMean } from './did-you-mean.ts';
import { noSuchSetting } from './environment.ts';
import type { Settings } from './schema.ts';
import { defaultAudiences, missingAudience } from './trust-settings.ts';
import { trustRuleKeys, trustRuleSchema } from './values/trust-rules.ts';

/** An error in a trust rule that is not in the configuration. */
export interface TrustFault {
  /** Where the error is, for example `['when', 'repository_id']`. */
  readonly path: readonly PropertyKey[];
  /** What is wrong and which values are valid, as `dockpass check` says it. */
  readonly message: string;
}

export type ReadTrustRule =
  | { readonly rule: TrustRule; readonly faults: undefined }
  | { readonly rule: undefined; readonly faults: readonly [TrustFault, ...TrustFault[]] };

type Source = Parameters<typeof trustRuleSchema>[0];

const schemas = new Map<Source, ReturnType<typeof trustRuleSchema>>();

/**
 * Reads and validates a rule for the database: from the API, from a command, or from the database itself. It has the
 * form of a rule in the setting `trust`, but it cannot name a file with keys or a local issuer.
 * @param up the settings with the private domains, which are the default audiences
 * @param source `file` accepts a local issuer: only for one that a rule in the configuration file has too
 */
export function readTrustRule(input: unknown, up: Settings['up'], source: Source = 'api'): ReadTrustRule {
  const schema = schemas.get(source) ?? trustRuleSchema(source);
  schemas.set(source, schema);
  const read = schema.safeParse(input);
  if (!read.success)
    return { rule: undefined, faults: read.error.issues.flatMap(faultsOf) as [TrustFault, ...TrustFault[]] };
  if (read.data.audiences.length > 0) return { rule: read.data, faults: undefined };
  const message = missingAudience(up);
  if (message !== undefined) return { rule: undefined, faults: [{ path: ['audience'], message }] };
  return { rule: { ...read.data, audiences: defaultAudiences(up) }, faults: undefined };
}

/** Converts an issue of zod to faults. Several unknown keys are one issue. */
function faultsOf(issue: z.core.$ZodIssue): TrustFault[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      path: [...issue.path, key],
      message: noSuchSetting(didYouMean(key, trustRuleKeys)),
    }));
  return [{ path: issue.path, message: issue.message }];
}
