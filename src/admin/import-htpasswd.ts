import { isDeepStrictEqual } from 'node:util';
import { createChangeEvent } from '../audit/change-event.ts';
import { formatEventText } from '../audit/event-text.ts';
import type { Clock } from '../clock.ts';
import { DockpassError, messageOf } from '../errors.ts';
import { parseHtpasswd, type HtpasswdLine, type LineFault } from '../identity/password/parse-htpasswd.ts';
import { parseNewUserName, toCanonicalName } from '../identity/user-name.ts';
import type { Role } from '../policy/rights.ts';
import type { Ports, Store } from '../store/store.ts';
import { changeIf, quoted } from './change.ts';
import { requireAdded } from './names.ts';

export interface HtpasswdFile {
  /** The path of the file. Error messages contain this path. */
  readonly path: string;
  readonly text: string;
}

export interface ImportedUser {
  readonly name: string;
  /**
   * The bcrypt hash in the file. Undefined if the file has a hash of another type for this user, because the other
   * types are too weak to import.
   */
  readonly passwordHash: string | undefined;
  /** The name in the file, if the import gives the user another name. */
  readonly nameInFile?: string;
}

/** What the import does with users whose name is not allowed. Without these choices, such a name is an error. */
export interface HtpasswdChoices {
  /** If true, users whose name is not allowed are not imported. */
  readonly skipInvalid?: boolean;
  /** Maps names as they are written in the file to the names that the users get. */
  readonly renames?: ReadonlyMap<string, string>;
}

export interface HtpasswdImport {
  readonly imported: readonly ImportedUser[];
  /** The lines that were skipped because their user name is not allowed, with the reason. */
  readonly skipped: readonly InvalidName[];
  /** The number of users in the file who already exist in the database. The import does not change these users. */
  readonly existingCount: number;
}

/**
 * Determines which users an import would add, without changing anything.
 * @throws DockpassError `bad_htpasswd` with a line for each wrong line of the file; `bad_usage` if a user to rename is
 *   not in the file
 */
export async function planHtpasswdImport(
  store: Ports,
  file: HtpasswdFile,
  choices: HtpasswdChoices = {},
): Promise<HtpasswdImport> {
  return planFrom(store, readLines(file, choices), file);
}

/**
 * Adds those users from an htpasswd file that do not exist yet. If a line of the file is wrong, no user is added. The
 * audit log gets one row for the whole import. It also gets one row for each user, so that a search of the log for a
 * user finds the import.
 * @throws DockpassError `bad_htpasswd` with a line for each wrong line of the file; `bad_usage` if a user to rename is
 *   not in the file
 */
export async function importHtpasswd(
  store: Store,
  clock: Clock,
  file: HtpasswdFile,
  role: Role,
  choices: HtpasswdChoices = {},
): Promise<HtpasswdImport> {
  const lines = readLines(file, choices);
  for (;;) {
    const plan = await planFrom(store, lines, file);
    if (plan.imported.length === 0) return plan;
    const skipped =
      plan.skipped.length === 0 ? '' : `; skipped because the name is not allowed: ${plan.skipped.length}`;
    const what = `${plan.imported.length} users imported from htpasswd as ${role}${skipped}`;
    const isDone = await changeIf(store, clock, { subject: '', what }, async (ports, at) => {
      // Another process may have added users after this process determined which users to add. In this case, the
      // transaction is rolled back, and the loop determines the users again.
      const now = await planFrom(ports, lines, file);
      if (!isDeepStrictEqual(now, plan)) return false;
      for (const { name, passwordHash = null } of plan.imported) {
        const user = { name, role, passwordHash, disabled: false, createdAt: at, changedAt: at };
        requireAdded(await ports.users.add(user), name, 'user');
      }
      await ports.auditLog.append(
        plan.imported.map(({ name, nameInFile }) => {
          const renamed = nameInFile === undefined ? '' : `; its name in the file is ${quoted(nameInFile)}`;
          const row = {
            at: at * 1000,
            subject: name,
            what: `user ${name} imported from htpasswd as ${role}${renamed}`,
            by: store.actor,
          };
          return formatEventText(createChangeEvent(row));
        }),
      );
      return true;
    });
    if (isDone) return plan;
  }
}

export interface InvalidName extends LineFault {
  /** The name as it is written in the file. */
  readonly name: string;
}

type UserLine = HtpasswdLine & { readonly user: string };

interface ParsedFile {
  /** The valid lines, at most one for each user. */
  readonly lines: readonly UserLine[];
  readonly faults: readonly LineFault[];
  /** The lines whose user name is not allowed. If they are not skipped, `faults` contains them too. */
  readonly invalidNames: readonly InvalidName[];
}

/**
 * Parses an htpasswd file. In addition to the errors that `parseHtpasswd` finds, a line is wrong if its user name
 * breaks the rules for names and is not skipped, or if an earlier line has the same user name.
 * @throws DockpassError `bad_usage` if a user to rename is not in the file
 */
function readLines(
  { path, text }: HtpasswdFile,
  { skipInvalid = false, renames = new Map<string, string>() }: HtpasswdChoices,
): ParsedFile {
  const { lines, faults } = parseHtpasswd(text);
  requireInFile(renames, lines, path);
  const byUser = new Map<string, UserLine>();
  const invalidNames: InvalidName[] = [];
  for (const entry of lines) {
    const { name, line } = entry;
    try {
      const user = parseNewUserName(renames.get(name) ?? name);
      const first = byUser.get(user);
      if (first === undefined) byUser.set(user, { ...entry, user });
      else faults.push({ line, fault: duplicateFault({ ...entry, user }, first) });
    } catch (error) {
      invalidNames.push({ line, name, fault: messageOf(error) });
    }
  }
  return {
    lines: [...byUser.values()],
    faults: skipInvalid ? faults : [...faults, ...invalidNames],
    invalidNames,
  };
}

function requireInFile(
  renames: ReadonlyMap<string, string>,
  lines: readonly HtpasswdLine[],
  path: string,
): void {
  const names = new Set(lines.map(({ name }) => name));
  const missing = [...renames.keys()].find((name) => !names.has(name));
  if (missing === undefined) return;
  throw new DockpassError(
    'bad_usage',
    `nothing was imported: ${path} has no user ${quoted(missing)}. In --rename OLD=NEW, write OLD exactly as in the file, with the same upper case and lower case letters.`,
  );
}

function duplicateFault(entry: UserLine, first: UserLine): string {
  const { name, user } = entry;
  const both = `${JSON.stringify(name)} and ${JSON.stringify(first.name)} on line ${first.line}`;
  if (toCanonicalName(name) !== user || toCanonicalName(first.name) !== user)
    return `${both} would both get the name ${user}: choose another name with --rename`;
  const why = name === first.name ? 'are the same name' : 'differ only in case, so they are the same user';
  return `${both} ${why}: keep only one of the two lines`;
}

async function planFrom(
  { users, robots }: Pick<Ports, 'users' | 'robots'>,
  file: ParsedFile,
  { path }: HtpasswdFile,
): Promise<HtpasswdImport> {
  const faults = [...file.faults];
  const imported: ImportedUser[] = [];
  // Use only two queries for the whole file. The import holds the lock of administrative changes, so other changes wait
  // until the import has finished.
  const userNames = new Set((await users.list()).map(({ name }) => name));
  const robotNames = new Set((await robots.list()).map(({ name }) => name));
  for (const { user: name, name: nameInFile, line, bcrypt: passwordHash } of file.lines) {
    if (robotNames.has(name))
      faults.push({
        line,
        fault: `${name} is a robot, so no user can have this name: choose another name for the user or for the robot`,
      });
    else if (!userNames.has(name))
      imported.push({ name, passwordHash, ...(toCanonicalName(nameInFile) !== name && { nameInFile }) });
  }
  if (faults.length > 0) throw badHtpasswd(path, faults, file.invalidNames);
  return {
    imported,
    skipped: file.invalidNames,
    existingCount: file.lines.length - imported.length,
  };
}

function badHtpasswd(
  path: string,
  faults: readonly LineFault[],
  invalidNames: readonly InvalidName[],
): DockpassError {
  const texts = faults
    .toSorted((one, other) => one.line - other.line)
    .map(({ line, fault }) => `${path}: line ${line}: ${fault}`);
  const isNameAtFault = invalidNames.some((name) => faults.includes(name));
  const fix = isNameAtFault
    ? 'fix or remove these lines, then run the command again. To import without the users whose name is not allowed, add --skip-invalid. To give such a user another name, add --rename OLD=NEW, in single quotes if OLD contains $ or a backslash'
    : 'fix or remove these lines, then run the command again';
  return new DockpassError('bad_htpasswd', [...texts, `nothing was imported: ${fix}`].join('\n'));
}
