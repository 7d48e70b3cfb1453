import { Argument, Option, type Command } from 'commander';
import { roles } from '../../policy/rights.ts';
import type { ImportOptions } from '../actions/import.ts';
import { CliCommand } from '../cli-command.ts';
import { collectOption } from '../options/collect-option.ts';

export function importCommand(): Command {
  return new CliCommand('import')
    .description('Import users from a file of another program')
    .examples('dockpass import htpasswd /etc/nginx/htpasswd --dry-run')
    .addCommand(htpasswdCommand());
}

function htpasswdCommand(): Command {
  return new CliCommand('htpasswd')
    .description(
      'Import all users of an htpasswd file. If a line is invalid, no user is imported. Passwords with a bcrypt hash stay valid',
    )
    .examples(
      'dockpass import htpasswd /etc/nginx/htpasswd --dry-run',
      'dockpass import htpasswd /etc/nginx/htpasswd --role reader',
      "dockpass import htpasswd /etc/nginx/htpasswd --skip-invalid --rename 'robot$ci=robot-ci'",
    )
    .addArgument(new Argument('<file>', 'The htpasswd file'))
    .addOption(
      new Option(
        '--role <role>',
        'The role of the imported users; without this option, the setting users.defaultRole',
      ).choices(roles),
    )
    .option('--skip-invalid', 'Import without the users whose name is not allowed, and list them')
    .option(
      '--rename <old=new>',
      'Give the user OLD of the file the name NEW; can be repeated',
      collectOption,
    )
    .option('--dry-run', 'Show what would be imported, and change nothing')
    .action(async (path: string, options: ImportOptions, command: Command) => {
      const { importUsers } = await import('../actions/import.ts');
      await importUsers(path, options, command);
    });
}
