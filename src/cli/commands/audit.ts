import { Option, type Command } from 'commander';
import type { AuditOptions } from '../actions/audit.ts';
import { CliCommand } from '../cli-command.ts';
import { readLimit } from '../options/limit-option.ts';

export function auditCommand(): Command {
  return new CliCommand('audit')
    .description('Show the audit log: issued tokens, denied requests and administrative changes')
    .option(
      '--since <time>',
      'Show only events since this time: a duration before now, such as 90s, 1h, 30d, 2w or 1y, or a date, such as 2026-11-29 or 2026-11-29T08:00:00Z (UTC without a time zone)',
    )
    .option(
      '--until <time>',
      'Show only events until this time; a date without a time includes the whole day',
    )
    .option('--user <name>', 'Show only events of this user or robot')
    .option('--repo <repository>', 'Show only requests for this repository')
    .addOption(
      new Option(
        '--outcome <outcome>',
        'Show only issued tokens, denied requests or administrative changes',
      ).choices(['issued', 'refused', 'changed']),
    )
    .option('--limit <number>', 'Show only the newest events, at most this many', readLimit)
    .jsonOption('Print JSON: an array, or one object per line with --follow')
    .option(
      '--follow',
      'Show the recorded events, then each new event as it is recorded, until you press Ctrl-C',
    )
    .option('--verify', 'Check that no row of the audit log was changed or removed')
    .examples(
      'dockpass audit --since 1h',
      'dockpass audit --user alice --json',
      'dockpass audit --repo team/app --since 2026-11-01 --until 2026-11-30',
      'dockpass audit --outcome changed --limit 20',
      'dockpass audit --verify',
    )
    .action(async (options: AuditOptions, command: Command) => {
      const { showAudit } = await import('../actions/audit.ts');
      await showAudit(options, command);
    });
}
