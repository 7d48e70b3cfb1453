import { isDeepStrictEqual } from 'node:util';
import { createChangeEvent } from '../audit/change-event.ts';
import { formatEventText } from '../audit/event-text.ts';
import type { Clock } from '../clock.ts';
import { DockpassError, messageOf } from '../errors.ts';
import { parseHtpasswd, type HtpasswdLine, type LineFault } from '../identity/password/parse-htpasswd.ts';
import { parseNewUserName } from '../identity/user-name.ts';
import type { Role } from '../policy/rights.ts';
import type { Ports, Store } from '../store/store.ts';
import { changeIf } from './change.ts';
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
}

export interface HtpasswdImport {
  readonly imported: readonly ImportedUser[];
  /** The number of users in the file who already exist in the database. The import does not change these users. */
  readonly existingCount: number;
}

/**
 * Determines which users an import would add, without changing anything.
 * @throws DockpassError `bad_htpasswd`. The message has one line for each wrong line of the file.
 */
export async function planHtpasswdImport(store: Ports, file: HtpasswdFile): Promise<HtpasswdImport> {
  return planFrom(store, readLines(file), file);
}

/**
 * Adds those users from an htpasswd file that do not exist yet. If a line of the file is wrong, no user is added. The
 * audit log gets one row for the whole import. It also gets one row for each user, so that a search of the log for a
 * user finds the import.
 * @throws DockpassError `bad_htpasswd`. The message has one line for each wrong line of the file.
 */
export async function importHtpasswd(
  store: Store,
  clock: Clock,
  file: HtpasswdFile,
  role: Role,
): Promise<HtpasswdImport> {
  const lines = readLines(file);
  for (;;) {
    const plan = await planFrom(store, lines, file);
    if (plan.imported.length === 0) return plan;
    const what = `${plan.imported.length} users imported from htpasswd as ${role}`;
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
        plan.imported.map(({ name }) => {
          const row = {
            at: at * 1000,
            subject: name,
            what: `user ${name} imported from htpasswd as ${role}`,
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

interface ParsedFile {
  /** The valid lines, at most one for each user. */
  readonly lines: readonly (HtpasswdLine & { readonly user: string })[];
  readonly faults: readonly LineFault[];
}

/**
 * Parses an htpasswd file. In addition to the errors that `parseHtpasswd` finds, a line is wrong if its user name
 * breaks the rules for names, or if an earlier line has the same user name.
 */
function readLines({ text }: HtpasswdFile): ParsedFile {
  const { lines, faults } = parseHtpasswd(text);
  const byUser = new Map<string, ParsedFile['lines'][number]>();
  for (const entry of lines) {
    try {
      const user = parseNewUserName(entry.name);
      const first = byUser.get(user);
      if (first === undefined) byUser.set(user, { ...entry, user });
      else faults.push({ line: entry.line, fault: duplicateFault(entry, first) });
    } catch (error) {
      faults.push({ line: entry.line, fault: messageOf(error) });
    }
  }
  return { lines: [...byUser.values()], faults };
}

function duplicateFault({ name }: HtpasswdLine, first: HtpasswdLine): string {
  const both = `${JSON.stringify(name)} and ${JSON.stringify(first.name)} on line ${first.line}`;
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
  for (const { user: name, line, bcrypt: passwordHash } of file.lines) {
    if (robotNames.has(name))
      faults.push({
        line,
        fault: `${name} is a robot, so no user can have this name: choose another name for the user or for the robot`,
      });
    else if (!userNames.has(name)) imported.push({ name, passwordHash });
  }
  if (faults.length > 0) throw badHtpasswd(path, faults);
  return { imported, existingCount: file.lines.length - imported.length };
}

function badHtpasswd(path: string, faults: readonly LineFault[]): DockpassError {
  const texts = faults
    .toSorted((one, other) => one.line - other.line)
    .map(({ line, fault }) => `${path}: line ${line}: ${fault}`);
  return new DockpassError(
    'bad_htpasswd',
    [...texts, 'nothing was imported: fix or remove these lines, then run the command again'].join('\n'),
  );
}
