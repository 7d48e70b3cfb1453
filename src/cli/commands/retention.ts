import { Argument, type Command } from 'commander';
import { CliCommand, type JsonOption, type YesOption } from '../cli-command.ts';

export function retentionCommand(): Command {
  return new CliCommand('retention')
    .description('Remove images that no one needs, by the rules in the setting "retention"')
    .examples('dockpass retention plan', 'dockpass retention apply 4f1c0a9be2d7')
    .addCommand(planCommand())
    .addCommand(applyCommand());
}

function planCommand(): Command {
  return new CliCommand('plan')
    .description('Show what the rules would delete, and store it as a plan for 24 hours')
    .jsonOption()
    .examples('dockpass retention plan', 'dockpass retention plan --json')
    .action(async (options: JsonOption, command: Command) => {
      const { showPlan } = await import('../actions/retention.ts');
      await showPlan(options, command);
    });
}

function applyCommand(): Command {
  return new CliCommand('apply')
    .description('Delete exactly what a plan names. If anything has changed since, delete nothing')
    .addArgument(new Argument('<id>', 'The plan, as "dockpass retention plan" shows it'))
    .confirmOptions()
    .examples('dockpass retention apply 4f1c0a9be2d7', 'dockpass retention apply 4f1c0a9be2d7 --yes')
    .action(async (id: string, options: YesOption, command: Command) => {
      const { applyPlan } = await import('../actions/retention.ts');
      await applyPlan(id, options, command);
    });
}
