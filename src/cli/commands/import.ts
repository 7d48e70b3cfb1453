import { readFile } from 'node:fs/promises';
import { Argument, Command, Option } from 'commander';
import { DockpassError, messageOf } from '../../errors.ts';
import { parseHtpasswd, type HtpasswdLine, type LineFault } from '../../identity/password/parse-htpasswd.ts';
import { parseNewUserName } from '../../identity/user-name.ts';
import { createChangeEvent } from '../../audit/change-event.ts';
import { formatEventText } from '../../audit/event-text.ts';
import { roles, type Role } from '../../policy/rights.ts';
import type { Ports, User } from '../../store/store.ts';
import { withStore } from '../context.ts';
import { say } from '../output.ts';

export function importCommand(): Command {
  return new Command('import').description('take users over from elsewhere').addCommand(htpasswdCommand());
}

interface ImportOptions {
  readonly role: Role;
  readonly dryRun?: boolean;
}

function htpasswdCommand(): Command {
  return new Command('htpasswd')
    .description('take the users of an htpasswd file over: bcrypt users log in at once, all or none')
    .addArgument(new Argument('<file>', 'the htpasswd file'))
    .addOption(new Option('--role <role>', 'what they may do').choices(roles).default('writer'))
    .option('--dry-run', 'say what would be done, and do nothing')
    .action(async (file: string, { role, dryRun }: ImportOptions, command: Command) => {
      const { lines, faults } = parseHtpasswd(await read(file));
      const named = nameAll(lines, faults);
      await withStore(command, async (store) => {
        const plan = await planImport(store, named, file, faults);
        const what = `${plan.length} users imported from htpasswd as ${role}`;
        if (plan.length > 0 && dryRun !== true) {
          const at = Date.now();
          await store.change({ at, subject: '', what }, async (ports) => {
            // Others may have added users meanwhile: what stands there now decides.
            const added = await planImport(ports, named, file, faults);
            for (const entry of added) await ports.users.add(toUser(entry, role));
            // A row for each, by whose name an auditor finds it.
            await ports.auditLog.append(
              added.map(({ user }) => {
                const what = `user ${user} imported from htpasswd as ${role}`;
                return formatEventText(createChangeEvent({ at, subject: user, what }));
              }),
            );
          });
        }
        report(named, plan, role, dryRun === true);
      });
    });
}

/** A line whose name is good, in its canonical form. */
interface NamedLine extends HtpasswdLine {
  readonly user: string;
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new DockpassError('bad_usage', `cannot read ${file}: ${messageOf(cause)}`, { cause });
  }
}

/** Adds to the faults: names that break the rule, and two lines for one user. */
function nameAll(lines: readonly HtpasswdLine[], faults: LineFault[]): NamedLine[] {
  const firstLines = new Map<string, HtpasswdLine>();
  const named: NamedLine[] = [];
  for (const entry of lines) {
    const { line, name } = entry;
    try {
      const user = parseNewUserName(name);
      const first = firstLines.get(user);
      if (first === undefined) {
        firstLines.set(user, entry);
        named.push({ ...entry, user });
      } else {
        const twins = `${JSON.stringify(name)} and ${JSON.stringify(first.name)} on line ${first.line}`;
        const how = name === first.name ? 'are the same name' : 'differ only in case and are one user';
        faults.push({ line, fault: `${twins} ${how}: keep one of them` });
      }
    } catch (error) {
      faults.push({ line, fault: messageOf(error) });
    }
  }
  return named;
}

/** The lines whose users are not there yet. @throws DockpassError `bad_htpasswd` naming every faulty line */
async function planImport(
  { users, robots }: Pick<Ports, 'users' | 'robots'>,
  named: readonly NamedLine[],
  file: string,
  known: readonly LineFault[],
): Promise<NamedLine[]> {
  const faults = [...known];
  const plan: NamedLine[] = [];
  for (const entry of named) {
    if ((await robots.find(entry.user)) !== undefined)
      faults.push({ line: entry.line, fault: `${entry.user} is a robot: give one of them another name` });
    else if ((await users.find(entry.user)) === undefined) plan.push(entry);
  }
  if (faults.length === 0) return plan;
  const texts = faults
    .sort((one, other) => one.line - other.line)
    .map(({ line, fault }) => `${file}: line ${line}: ${fault}`);
  throw new DockpassError(
    'bad_htpasswd',
    [...texts, 'nothing was imported: mend or take out these lines, then run it again'].join('\n'),
  );
}

function toUser({ user, bcrypt }: NamedLine, role: Role): User {
  const at = Math.floor(Date.now() / 1000);
  return { name: user, role, passwordHash: bcrypt ?? null, disabled: false, createdAt: at, changedAt: at };
}

function report(named: readonly NamedLine[], plan: readonly NamedLine[], role: Role, dryRun: boolean): void {
  const would = dryRun ? 'would be ' : '';
  for (const { user, bcrypt } of plan) {
    if (bcrypt === undefined)
      say(
        `${user} must set a new password: dockpass user passwd ${user} (its old hash is too weak to be taken over)`,
      );
  }
  const there = named.length - plan.length;
  const already =
    there === 0 ? '' : `, ${there} ${there === 1 ? 'was' : 'were'} there already and left as they are`;
  say(`${plan.length} ${plan.length === 1 ? 'user' : 'users'} ${would}imported as ${role}${already}`);
}
