import { readFile } from 'node:fs/promises';
import { Argument, Command, Option } from 'commander';
import { importHtpasswd, planHtpasswdImport, type HtpasswdImport } from '../../admin/import-htpasswd.ts';
import { systemClock } from '../../clock.ts';
import { DockpassError, messageOf } from '../../errors.ts';
import { roles, type Role } from '../../policy/rights.ts';
import { withStore } from '../context.ts';
import { say } from '../output.ts';

export function importCommand(): Command {
  return new Command('import').description('Import users from elsewhere').addCommand(htpasswdCommand());
}

interface ImportOptions {
  readonly role: Role;
  readonly dryRun?: boolean;
}

function htpasswdCommand(): Command {
  return new Command('htpasswd')
    .description('Import the users of an htpasswd file, all or none; bcrypt passwords stay valid')
    .addArgument(new Argument('<file>', 'the htpasswd file'))
    .addOption(new Option('--role <role>', 'the role of these users').choices(roles).default('writer'))
    .option('--dry-run', 'say what would be imported, and change nothing')
    .action(async (path: string, { role, dryRun }: ImportOptions, command: Command) => {
      const file = { path, text: await read(path) };
      const result = await withStore(command, (store) =>
        dryRun === true ? planHtpasswdImport(store, file) : importHtpasswd(store, systemClock, file, role),
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
        `${name} must set a new password: dockpass user passwd ${name} (the hash in the file is too weak to import)`,
      );
  }
  const existing =
    existingCount === 0
      ? ''
      : `, ${existingCount} ${existingCount === 1 ? 'exists' : 'exist'} already and ${existingCount === 1 ? 'is' : 'are'} unchanged`;
  const users = imported.length === 1 ? 'user' : 'users';
  say(`${imported.length} ${users} ${dryRun ? 'would be ' : ''}imported as ${role}${existing}`);
}
