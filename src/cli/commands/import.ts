import { readFile } from 'node:fs/promises';
import { Argument, Option, type Command } from 'commander';
import { importHtpasswd, planHtpasswdImport, type HtpasswdImport } from '../../admin/import-htpasswd.ts';
import { systemClock } from '../../clock.ts';
import { DockpassError, messageOf } from '../../errors.ts';
import { roles, type Role } from '../../policy/rights.ts';
import { CliCommand } from '../cli-command.ts';
import { withStore } from '../context.ts';
import { say } from '../output.ts';
import { withProgress } from '../progress.ts';

export function importCommand(): Command {
  return new CliCommand('import')
    .description('Import users from a file of another program')
    .examples('dockpass import htpasswd /etc/nginx/htpasswd --dry-run')
    .addCommand(htpasswdCommand());
}

interface ImportOptions {
  readonly role?: Role;
  readonly dryRun?: boolean;
}

function htpasswdCommand(): Command {
  return new CliCommand('htpasswd')
    .description(
      'Import all users of an htpasswd file. If a line is invalid, no user is imported. Passwords with a bcrypt hash stay valid',
    )
    .examples(
      'dockpass import htpasswd /etc/nginx/htpasswd --dry-run',
      'dockpass import htpasswd /etc/nginx/htpasswd --role reader',
    )
    .addArgument(new Argument('<file>', 'The htpasswd file'))
    .addOption(
      new Option(
        '--role <role>',
        'The role of the imported users; without this option, the setting users.defaultRole',
      ).choices(roles),
    )
    .option('--dry-run', 'Show what would be imported, and change nothing')
    .action(async (path: string, { role: chosenRole, dryRun }: ImportOptions, command: Command) => {
      const file = { path, text: await read(path) };
      const { result, role } = await withProgress('Importing the users', () =>
        withStore(command, async (store, { users }) => {
          const role = chosenRole ?? users.defaultRole;
          const result =
            dryRun === true
              ? await planHtpasswdImport(store, file)
              : await importHtpasswd(store, systemClock, file, role);
          return { result, role };
        }),
      );
      report(result, role, dryRun === true);
    });
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new DockpassError('bad_usage', `cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
}

function report({ imported, existingCount }: HtpasswdImport, role: Role, dryRun: boolean): void {
  for (const { name, passwordHash } of imported) {
    if (passwordHash === undefined)
      say(
        `the password hash of ${name} in the file is too weak to import, so ${name} must set a new password: dockpass user passwd ${name}`,
      );
  }
  const existing =
    existingCount === 0
      ? ''
      : `, ${existingCount} ${existingCount === 1 ? 'exists' : 'exist'} already and ${existingCount === 1 ? 'is' : 'are'} unchanged`;
  const users = imported.length === 1 ? 'user' : 'users';
  say(`${imported.length} ${users} ${dryRun ? 'would be ' : ''}imported as ${role}${existing}`);
}
