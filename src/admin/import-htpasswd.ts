import { createChangeEvent } from '../audit/change-event.ts';
import { formatEventText } from '../audit/event-text.ts';
import type { Clock } from '../clock.ts';
import { DockpassError, messageOf } from '../errors.ts';
import { parseHtpasswd, type HtpasswdLine, type LineFault } from '../identity/password/parse-htpasswd.ts';
import { parseNewUserName } from '../identity/user-name.ts';
import type { Role } from '../policy/rights.ts';
import type { Ports, Store } from '../store/store.ts';
import { changeIf } from './change.ts';

export interface HtpasswdFile {
  /** The path of the file, for messages. */
  readonly path: string;
  readonly text: string;
}

export interface ImportedUser {
  readonly name: string;
  /** The bcrypt hash from the file. Undefined if the file has another kind of hash, which is too weak to import. */
  readonly passwordHash: string | undefined;
}

export interface HtpasswdImport {
  readonly imported: readonly ImportedUser[];
  /** How many users of the file exist already. The import does not change them. */
  readonly existingCount: number;
}

/**
 * Finds out what an import would do. Changes nothing.
 * @throws DockpassError `bad_htpasswd` with a line for each line of the file that is wrong
 */
export async function planHtpasswdImport(store: Ports, file: HtpasswdFile): Promise<HtpasswdImport> {
  return planFrom(store, readLines(file), file);
}

/**
 * Adds the users of an htpasswd file that do not exist yet. If one line is wrong, no user is added. The audit log gets a
 * row for each user, so that a search for the user finds it, and a row for the whole import.
 * @throws DockpassError `bad_htpasswd` with a line for each line of the file that is wrong
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
      // Another process may have added users since the plan was made. Then a new plan is needed.
      const now = await planFrom(ports, lines, file);
      if (now.imported.length !== plan.imported.length) return false;
      for (const { name, passwordHash = null } of plan.imported)
        await ports.users.add({ name, role, passwordHash, disabled: false, createdAt: at, changedAt: at });
      await ports.auditLog.append(
        plan.imported.map(({ name }) => {
          const row = {
            at: at * 1000,
            subject: name,
            what: `user ${name} imported from htpasswd as ${role}`,
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
  /** The lines that can be imported, at most one for each user. */
  readonly lines: readonly (HtpasswdLine & { readonly user: string })[];
  readonly faults: readonly LineFault[];
}

/** Parses the file. A name that breaks the rules is a fault, and so is a second line for the same user. */
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
  const why = name === first.name ? 'are the same name' : 'differ only in case and are one user';
  return `${both} ${why}: keep one of them`;
}

async function planFrom(
  { users, robots }: Pick<Ports, 'users' | 'robots'>,
  file: ParsedFile,
  { path }: HtpasswdFile,
): Promise<HtpasswdImport> {
  const faults = [...file.faults];
  const imported: ImportedUser[] = [];
  for (const { user: name, line, bcrypt: passwordHash } of file.lines) {
    if ((await robots.find(name)) !== undefined)
      faults.push({ line, fault: `${name} is a robot: choose another name for one of them` });
    else if ((await users.find(name)) === undefined) imported.push({ name, passwordHash });
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
