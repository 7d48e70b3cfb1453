import type { Command } from 'commander';
import { findMissingAudiences } from '../../admin/missing-audiences.ts';
import { findKeyFileProblems } from '../../admin/trust/key-files.ts';
import { checkRuleNames } from '../../admin/trust/name-conflicts.ts';
import { showConfig, showConfigAsJson } from '../../config/show.ts';
import { findUnsharedAttempts } from '../../identity/throttle/unshared-attempts.ts';
import { findUnusedPublicPatterns, findUnusedRules } from '../../policy/unused-rules.ts';
import { findRetentionWarnings } from '../../retention/rule-warnings.ts';
import { findAllWarnings } from '../../trust/rule-warnings.ts';
import type { JsonOption } from '../cli-command.ts';
import { findEdgeFileWarnings } from '../init/edge-file-warnings.ts';
import { configOf } from '../context.ts';
import { print, printJson, say } from '../output.ts';
import { sayIfServerDiffers } from '../running/current-config.ts';

export interface CheckOptions extends JsonOption {
  readonly show?: boolean;
}

/** Validates the configuration, and prints the problems that are no errors. */
export async function check({ show, json }: CheckOptions, command: Command): Promise<void> {
  const config = await configOf(command);
  if (json === true) printJson(showConfigAsJson(config));
  else if (show === true) print(showConfig(config));
  const warnings = [
    ...findUnusedPublicPatterns(config.publicRepositories),
    ...findUnusedRules(config.policy),
    ...findAllWarnings(config.trust),
    ...findRetentionWarnings(config.retention, {
      receivesEvents: config.events.secret !== null,
      hasSchedule: config.retentionSchedule.at !== null,
      appliesPlans: config.retentionSchedule.apply,
    }),
    ...(await findKeyFileProblems(config)),
    ...findUnsharedAttempts(config),
    ...(await findMissingAudiences(config)),
    ...(await checkRuleNames(config)),
    ...(await findEdgeFileWarnings(config)),
  ];
  for (const warning of warnings) say(`warning: ${warning}`);
  say(
    config.file === undefined
      ? 'no configuration file was found; the settings from environment variables and defaults are valid'
      : `${config.file} is valid`,
  );
  await sayIfServerDiffers(config);
}
