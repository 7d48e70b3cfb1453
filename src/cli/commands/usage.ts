import { Argument, type Command } from 'commander';
import type { UsageOptions } from '../actions/usage.ts';
import { CliCommand } from '../cli-command.ts';
import { readLimit } from '../options/limit-option.ts';

export function usageCommand(): Command {
  return new CliCommand('usage')
    .description('Show which images were pulled and pushed, how often, when and by whom')
    .addArgument(new Argument('[image]', 'Show only these images: REPO, REPO:TAG or REPO@DIGEST'))
    .option('--by <name>', 'Count only what this user or robot did')
    .option(
      '--since <time>',
      'Count only what happened since this time: a duration before now, such as 90s, 1h, 30d, 2w or 1y, or a date, such as 2026-11-29 or 2026-11-29T08:00:00Z (UTC without a time zone)',
    )
    .option('--events', 'Show each pull and push of the images, newest first, with the token that allowed it')
    .option('--limit <number>', 'With --events, show at most this many (default: 100)', readLimit)
    .jsonOption()
    .examples(
      'dockpass usage',
      'dockpass usage team/app --since 30d',
      'dockpass usage team/app:1.0 --json',
      'dockpass usage --by ci --since 2026-11-01',
      'dockpass usage team/app:1.0 --events --limit 20',
    )
    .action(async (image: string | undefined, options: UsageOptions, command: Command) => {
      const { showUsage } = await import('../actions/usage.ts');
      await showUsage(image, options, command);
    });
}
