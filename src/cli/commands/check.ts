import type { Command } from 'commander';
import { showConfig, showConfigAsJson } from '../../config/show.ts';
import { findUnsharedAttempts } from '../../identity/throttle/unshared-attempts.ts';
import { findMissingAudiences } from '../../admin/missing-audiences.ts';
import { findUnusedPublicPatterns, findUnusedRules } from '../../policy/unused-rules.ts';
import { CliCommand, type JsonOption } from '../cli-command.ts';
import { configOf } from '../context.ts';
import { print, printJson, say } from '../output.ts';
import { sayIfServerDiffers } from '../running/current-config.ts';

interface CheckOptions extends JsonOption {
  readonly show?: boolean;
}

export function checkCommand(): Command {
  return new CliCommand('check')
    .description('Validate the configuration and list all its errors')
    .option('--show', 'Print the effective settings with their origin; secrets are masked')
    .jsonOption('Print the effective settings as JSON')
    .examples('dockpass check', 'dockpass check --show', 'dockpass --config /etc/dockpass/dockpass.yml check')
    .action(async ({ show, json }: CheckOptions, command: Command) => {
      const config = await configOf(command);
      if (json === true) printJson(showConfigAsJson(config));
      else if (show === true) print(showConfig(config));
      const warnings = [
        ...findUnusedPublicPatterns(config.publicRepositories),
        ...findUnusedRules(config.policy),
        ...findUnsharedAttempts(config),
        ...(await findMissingAudiences(config)),
      ];
      for (const warning of warnings) say(`warning: ${warning}`);
      say(
        config.file === undefined
          ? 'no configuration file was found; the settings from environment variables and defaults are valid'
          : `${config.file} is valid`,
      );
      await sayIfServerDiffers(config);
    });
}
