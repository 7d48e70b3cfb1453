import { Argument, Command } from 'commander';
import { DockpassError } from '../../errors.ts';
import { toCanonicalName } from '../../identity/user-name.ts';
import { canMatchRepository } from '../../policy/can-match-repository.ts';
import { actions as knownActions, type Action } from '../../policy/rights.ts';
import type { Ports, Store, StoredGrant } from '../../store/store.ts';
import { withStore } from '../context.ts';
import { noSuchGroup } from './group.ts';
import { printJson, printTable, say } from '../output.ts';
import { noSuchUser } from './user.ts';

export function grantCommand(): Command {
  return new Command('grant')
    .description('who may do what on which repositories; whoever has grants holds only these, not the role')
    .addCommand(addCommand())
    .addCommand(listCommand())
    .addCommand(removeCommand());
}

function addCommand(): Command {
  return new Command('add')
    .description(
      'give a user or a group actions on repositories, in the place of what it had on that pattern',
    )
    .addArgument(subjectArgument())
    .addArgument(patternArgument())
    .argument('<actions>', 'pull, push, delete or "*" for all, separated by commas')
    .action(async (subject: string, pattern: string, list: string, _options: unknown, command: Command) => {
      const actions = readActions(list);
      if (!canMatchRepository(pattern)) throw impossiblePattern(pattern);
      await withStore(command, async (store) => {
        const holder = await findHolder(store, subject);
        const first = (await store.grants.of([holder.name])).length === 0;
        const at = Date.now();
        const what = `grant of ${actions.join(',')} on ${pattern} to ${holder.name}`;
        await store.change({ at, subject: holder.name, what }, async (ports) => {
          await requireHolder(ports, holder);
          await ports.grants.put({
            subject: holder.name,
            pattern,
            actions,
            createdAt: Math.floor(at / 1000),
          });
        });
        say(`${holder.name} holds ${actions.join(', ')} on ${pattern}`);
        if (first)
          say(
            holder.kind === 'user'
              ? `from now on ${holder.name} holds only grants, no longer what the role gives`
              : 'from now on its members hold only grants, no longer what their roles give',
          );
      });
    });
}

function listCommand(): Command {
  return new Command('list')
    .description('all grants, or those of one user or group')
    .argument('[subject]', 'a user, or group:NAME')
    .option('--json', 'for programs')
    .action(async (subject: string | undefined, options: { json?: boolean }, command: Command) => {
      const grants = await withStore(command, async (store) => {
        if (subject === undefined) return store.grants.list();
        return store.grants.of([(await findHolder(store, subject)).name]);
      });
      if (options.json === true) printJson(grants.map(publicView));
      else printTable(grants.map((grant) => ({ ...publicView(grant), actions: grant.actions.join(',') })));
    });
}

function removeCommand(): Command {
  return new Command('remove')
    .description('take a grant back')
    .addArgument(subjectArgument())
    .addArgument(patternArgument())
    .action(async (subject: string, pattern: string, _options: unknown, command: Command) => {
      await withStore(command, async (store) => {
        const { name, kind } = await findHolder(store, subject);
        const what = `grant on ${pattern} to ${name} removed`;
        await store.change({ at: Date.now(), subject: name, what }, async ({ grants }) => {
          if (!(await grants.remove(name, pattern))) throw noSuchGrant(name, pattern);
        });
        say(`the grant on ${pattern} is taken from ${name}`);
        // Taking the last grant away may give more than it took.
        if ((await store.grants.of([name])).length === 0)
          say(
            kind === 'user'
              ? `that was the last: unless a group of theirs has grants, ${name} holds what the role gives again`
              : 'that was the last: members without any other grant hold what their roles give again',
          );
      });
    });
}

function subjectArgument(): Argument {
  return new Argument('<subject>', 'a user, or group:NAME');
}

function patternArgument(): Argument {
  return new Argument('<pattern>', 'repositories: * within a path segment, ** across');
}

interface Holder {
  readonly kind: 'user' | 'group';
  /** As grants name it: a user's name, or `group:NAME`. */
  readonly name: string;
}

/** @throws DockpassError `no_such_user`, `no_such_group`, `bad_usage` */
async function findHolder(store: Store, text: string): Promise<Holder> {
  const name = toCanonicalName(text);
  const holder: Holder = { kind: name.startsWith('group:') ? 'group' : 'user', name };
  if ((await store.robots.find(name)) !== undefined) {
    throw new DockpassError(
      'bad_usage',
      `${name} is a robot, which holds what it was made with: make another with "dockpass robot create NAME --only PATTERN:ACTIONS"`,
    );
  }
  await requireHolder(store, holder);
  return holder;
}

async function requireHolder({ users, groups }: Ports, { kind, name }: Holder): Promise<void> {
  if (kind === 'user') {
    if ((await users.find(name)) === undefined) throw noSuchUser(name);
    return;
  }
  const group = name.slice('group:'.length);
  if (!(await groups.list()).some((known) => known.name === group)) throw noSuchGroup(group);
}

/** `pull,push`. @throws DockpassError `bad_usage` */
export function readActions(list: string): Action[] {
  const asked = list.split(',').map((action) => action.trim());
  const unknown = asked.find((action) => !knownActions.some((known) => known === action));
  if (unknown !== undefined) {
    throw new DockpassError(
      'bad_usage',
      `${JSON.stringify(unknown)} is no action: give pull, push, delete or "*", separated by commas`,
    );
  }
  return knownActions.filter((action) => asked.includes(action));
}

export function impossiblePattern(pattern: string): DockpassError {
  return new DockpassError(
    'bad_usage',
    `no repository can have a name like ${JSON.stringify(pattern)}: names are lower-case letters, digits and . _ - between them, in segments separated by single slashes`,
  );
}

function noSuchGrant(name: string, pattern: string): DockpassError {
  return new DockpassError(
    'no_such_grant',
    `${name} has no grant on ${JSON.stringify(pattern)}: "dockpass grant list ${name}" shows those there are`,
  );
}

/** What `--json` shows; `name` is the subject's. */
function publicView({ subject, pattern, actions }: StoredGrant) {
  return { name: subject, pattern, actions };
}
