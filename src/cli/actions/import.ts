import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { importHtpasswd, planHtpasswdImport, type HtpasswdImport } from '../../admin/import-htpasswd.ts';
import { systemClock } from '../../clock.ts';
import { DockpassError, messageOf } from '../../errors.ts';
import { parseNewUserName } from '../../identity/user-name.ts';
import type { Role } from '../../policy/rights.ts';
import { withStore } from '../context.ts';
import { say } from '../output.ts';
import { withProgress } from '../progress.ts';

export interface ImportOptions {
  readonly role?: Role;
  readonly dryRun?: boolean;
  readonly skipInvalid?: boolean;
  readonly rename?: readonly string[];
}

/** Imports the users of an htpasswd file, or with `--dry-run` says what it would import. */
export async function importUsers(path: string, options: ImportOptions, command: Command): Promise<void> {
  const { role: chosenRole, dryRun } = options;
  const choices = {
    skipInvalid: options.skipInvalid === true,
    renames: parseRenames(options.rename ?? []),
  };
  const file = { path, text: await read(path) };
  const { result, role } = await withProgress('Importing the users', () =>
    withStore(command, async (store, { users }) => {
      const role = chosenRole ?? users.defaultRole;
      const result =
        dryRun === true
          ? await planHtpasswdImport(store, file, choices)
          : await importHtpasswd(store, systemClock, file, role, choices);
      return { result, role };
    }),
  );
  report(result, role, dryRun === true);
}

/**
 * Parses the values of `--rename`. A name in the file may contain `=`, a name of dockpass may not, so the last `=`
 * separates the two names.
 * @throws DockpassError `bad_usage`
 */
function parseRenames(texts: readonly string[]): ReadonlyMap<string, string> {
  const renames = new Map<string, string>();
  for (const text of texts) {
    const mark = text.lastIndexOf('=');
    const [old, name] = [text.slice(0, Math.max(mark, 0)), text.slice(mark + 1)];
    if (old === '' || name === '')
      throw new DockpassError(
        'bad_usage',
        `--rename ${text}: write it as OLD=NEW, such as 'robot$ci=robot-ci'`,
      );
    if (renames.has(old))
      throw new DockpassError(
        'bad_usage',
        `--rename is given twice for ${JSON.stringify(old)}. Give it once.`,
      );
    try {
      renames.set(old, parseNewUserName(name));
    } catch (cause) {
      throw new DockpassError('bad_usage', `--rename ${text}: ${messageOf(cause)}`, { cause });
    }
  }
  return renames;
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new DockpassError('bad_usage', `cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
}

function report({ imported, skipped, existingCount }: HtpasswdImport, role: Role, dryRun: boolean): void {
  for (const { line, fault } of skipped) say(`line ${line} ${dryRun ? 'would be' : 'was'} skipped: ${fault}`);
  for (const { name, passwordHash, nameInFile } of imported) {
    if (nameInFile !== undefined)
      say(
        `${JSON.stringify(nameInFile)} in the file ${dryRun ? 'would get' : 'got'} the name ${name}, and must log in with it`,
      );
    if (passwordHash === undefined)
      say(
        `the password hash of ${name} in the file is too weak to import, so ${name} must set a new password: dockpass user passwd ${name}`,
      );
  }
  const existing =
    existingCount === 0
      ? ''
      : `, ${existingCount} ${existingCount === 1 ? 'exists' : 'exist'} already and ${existingCount === 1 ? 'is' : 'are'} unchanged`;
  const withoutSkipped = skipped.length === 0 ? '' : `, ${skipped.length} skipped`;
  const users = imported.length === 1 ? 'user' : 'users';
  say(
    `${imported.length} ${users} ${dryRun ? 'would be ' : ''}imported as ${role}${existing}${withoutSkipped}`,
  );
}
