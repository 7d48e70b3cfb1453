import { DockpassError, messageOf } from '../../errors.ts';
import {
  nameOfProject,
  projectForm,
  selectJobs,
  type NewTrustRule,
} from '../../admin/trust/platform-rule.ts';
import { presetNames } from '../../trust/presets.ts';
import { parseRightTemplate } from '../../trust/right-template.ts';

/** The options of `dockpass trust add`. */
export interface NewRuleOptions {
  readonly only: readonly string[];
  readonly branch?: readonly string[];
  readonly tag?: readonly string[];
  readonly environment?: readonly string[];
  readonly name?: string;
  readonly issuer?: string;
  readonly jwks?: string;
  readonly when?: readonly string[];
  readonly session: string;
  readonly audience?: readonly string[];
}

/**
 * Builds the rule of a command line such as `trust add github OWNER/REPO` or `trust add NAME --issuer URL`. The
 * definition is checked later, where the rule is stored.
 * @throws DockpassError `bad_usage`
 */
export function readNewRule(
  first: string,
  project: string | undefined,
  options: NewRuleOptions,
): NewTrustRule {
  const { session, audience, jwks, issuer } = options;
  const only = options.only.map(requireRight);
  const given = parseConditions(options.when ?? []);
  const common = {
    ...(jwks !== undefined && { jwks }),
    ...(audience !== undefined && { audience }),
    only,
    session,
  };
  if (project === undefined) {
    requireIssuerAlone(first, options);
    return { name: first, definition: { issuer, ...common, when: given }, pins: [] };
  }
  const preset = presetNames.find((name) => name === first);
  if (preset === undefined)
    throw new DockpassError(
      'bad_usage',
      `${JSON.stringify(first.slice(0, 80))} is not a platform: use ${presetNames.join(', ')}. For another issuer, write "dockpass trust add NAME --issuer URL --when CLAIM=VALUE --only PATTERN:ACTIONS"`,
    );
  const { when, pins } = selectJobs(preset, {
    project,
    branches: options.branch ?? [],
    tags: options.tag ?? [],
    environments: options.environment ?? [],
  });
  return {
    name: options.name ?? nameOfProject(preset, project),
    definition: { issuer: issuer ?? preset, ...common, when: withConditions(when, given) },
    pins,
  };
}

/** @throws DockpassError `bad_usage` if the text is no PATTERN:ACTIONS */
function requireRight(text: string): string {
  try {
    parseRightTemplate(text);
    return text;
  } catch (error) {
    throw new DockpassError('bad_usage', `--only: ${messageOf(error)}`);
  }
}

function requireIssuerAlone(first: string, options: NewRuleOptions): void {
  const { issuer, branch, tag, environment, name } = options;
  if (issuer === undefined) {
    const preset = presetNames.find((each) => each === first);
    throw new DockpassError(
      'bad_usage',
      preset === undefined
        ? `the issuer is missing: write "dockpass trust add ${first.slice(0, 64)} --issuer URL --when CLAIM=VALUE --only PATTERN:ACTIONS"`
        : `the project is missing: write "dockpass trust add ${preset} ${projectForm(preset)} --only PATTERN:ACTIONS"`,
    );
  }
  const misplaced = Object.entries({ branch, tag, environment, name }).find(
    ([, value]) => value !== undefined,
  );
  if (misplaced !== undefined)
    throw new DockpassError(
      'bad_usage',
      misplaced[0] === 'name'
        ? '--name is only for a project of a platform: the first argument is the name of the rule'
        : `--${misplaced[0]} is only for a project of a platform: write the claim with --when CLAIM=VALUE`,
    );
}

/** Parses the values of `--when`. A value may contain `=`, a claim does not, so the first `=` separates them. */
function parseConditions(texts: readonly string[]): Record<string, string[]> {
  const conditions = new Map<string, string[]>();
  for (const text of texts) {
    const mark = text.indexOf('=');
    const [claim, value] = [text.slice(0, Math.max(mark, 0)).trim(), text.slice(mark + 1)];
    if (claim === '' || value === '')
      throw new DockpassError(
        'bad_usage',
        `--when ${JSON.stringify(text.slice(0, 80))}: write it as CLAIM=VALUE, such as ref=refs/heads/main`,
      );
    conditions.set(claim, [...(conditions.get(claim) ?? []), value]);
  }
  return Object.fromEntries(conditions);
}

/** Adds conditions to those of a project. @throws DockpassError `bad_usage` if both have a condition on one claim */
function withConditions(
  when: Readonly<Record<string, readonly string[]>>,
  given: Readonly<Record<string, readonly string[]>>,
): Record<string, readonly string[]> {
  const both = Object.keys(given).find((claim) => Object.hasOwn(when, claim));
  if (both !== undefined)
    throw new DockpassError(
      'bad_usage',
      `--when ${both}=… contradicts the condition that the project or another option sets: leave one of them out`,
    );
  return { ...when, ...given };
}
