import type { z } from 'zod';
import { messageOf } from '../errors.ts';
import type { Rule } from '../policy/rule.ts';
import { didYouMean } from './did-you-mean.ts';
import { noSuchSetting } from './environment.ts';
import { policyRules, ruleKeys } from './values/policy-rules.ts';
import { readYaml, type YamlFile } from './yaml-file.ts';

/** An error in a list of rules that a person has pasted. */
export interface RuleFault {
  /** Where the error is, for example `[0, 'on', 1]`: in the first rule, the second entry of `on`. */
  readonly path: readonly PropertyKey[];
  /** What is wrong and which values are valid, as `dockpass check` says it. */
  readonly message: string;
}

export type PastedRules =
  | { readonly rules: readonly Rule[]; readonly faults: undefined }
  | { readonly rules: undefined; readonly faults: readonly [RuleFault, ...RuleFault[]] };

/**
 * Reads and validates a list of rules that is not in the configuration. The rules have the same form as the setting
 * `policy`.
 * @param policy the list, or the YAML text of the list, with or without the line `policy:`
 */
export async function readPastedRules(policy: readonly unknown[] | string): Promise<PastedRules> {
  if (typeof policy !== 'string') return validate(policy, () => undefined);
  const isList = /^(?:\s*(?:#.*)?\n)*\s*(?:-\s|-$|\[)/.test(policy);
  let file: YamlFile;
  try {
    file = await readYaml('line', isList ? `policy:\n${policy.replaceAll(/^/gm, ' ')}` : policy);
  } catch (error) {
    const message = messageOf(error).replace(/^line:(\d+): /, (_, line: string) =>
      line === '' ? '' : `line ${Math.max(1, Number(line) - (isList ? 1 : 0))}: `,
    );
    return { rules: undefined, faults: [{ path: [], message }] };
  }
  const [other] = Object.keys(file.values).filter((key) => key !== 'policy');
  if (other !== undefined)
    return {
      rules: undefined,
      faults: [{ path: [], message: `${other} is not a rule. Paste only the list of rules below "policy:"` }],
    };
  return validate((file.values['policy'] ?? []) as readonly unknown[], (path) => {
    const line = file.lineOf(['policy', ...path.map(String)]);
    return line === undefined ? undefined : line - (isList ? 1 : 0);
  });
}

function validate(
  list: readonly unknown[],
  lineOf: (path: readonly PropertyKey[]) => number | undefined,
): PastedRules {
  const read = policyRules.safeParse(list);
  if (read.success) return { rules: read.data, faults: undefined };
  const faults = read.error.issues.flatMap(faultsOf).map(({ path, message }) => {
    const line = lineOf(path);
    return { path, message: line === undefined ? message : `line ${line}: ${message}` };
  });
  return { rules: undefined, faults: faults as [RuleFault, ...RuleFault[]] };
}

/** Converts an issue of zod to faults. A rule with several unknown keys is one issue. */
function faultsOf(issue: z.core.$ZodIssue): RuleFault[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      path: [...issue.path, key],
      message: noSuchSetting(didYouMean(key, ruleKeys)),
    }));
  // A list can also be written as text. zod reports the faults of both forms. The one with a custom text is for people.
  const inner =
    issue.code === 'invalid_union' ? issue.errors.flat().find(({ code }) => code === 'custom') : undefined;
  return [{ path: issue.path, message: (inner ?? issue).message }];
}
