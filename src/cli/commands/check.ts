import { Command } from 'commander';
import { showConfig } from '../../config/show.ts';
import { findMissingAudiences } from '../../admin/missing-audiences.ts';
import { findUnusedRules } from '../../policy/unused-rules.ts';
import { configOf } from '../context.ts';
import { print, say } from '../output.ts';

export function checkCommand(): Command {
  return new Command('check')
    .description('is the configuration right? every fault at once')
    .option('--show', 'print the effective values with their origin, secrets masked')
    .action(async (options: { show?: boolean }, command: Command) => {
      const config = await configOf(command);
      if (options.show === true) print(showConfig(config));
      const warnings = [...findUnusedRules(config.policy), ...(await findMissingAudiences(config))];
      for (const warning of warnings) say(`warning: ${warning}`);
      say(
        config.file === undefined ? 'the defaults and the environment are right' : `${config.file} is right`,
      );
    });
}
