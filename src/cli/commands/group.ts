import { Argument, Command } from 'commander';
import { DockpassError } from '../../errors.ts';
import { toCanonicalName, parseNewUserName } from '../../identity/user-name.ts';
import type { AdministrativeChange } from '../../audit/event.ts';
import { withStore } from '../context.ts';
import { formatTime, printJson, printTable, say } from '../output.ts';
import { noSuchUser } from './user.ts';

export function groupCommand(): Command {
  return new Command('group')
    .description('groups of users, to give rights to many at once: dockpass grant add group:NAME …')
    .addCommand(addCommand())
    .addCommand(listCommand())
    .addCommand(removeCommand())
    .addCommand(memberCommand('join'))
    .addCommand(memberCommand('leave'));
}

function addCommand(): Command {
  return new Command('add')
    .description('make a group')
    .addArgument(groupArgument())
    .action(async (text: string, _options: unknown, command: Command) => {
      const name = parseNewUserName(text);
      await withStore(command, async (store) => {
        await store.change(about('', `group ${name} added`), async ({ groups }) => {
          if (!(await groups.add(name, Math.floor(Date.now() / 1000)))) throw groupTaken(name);
        });
        say(`the group ${name} is made: "dockpass group join ${name} USER" puts users into it`);
      });
    });
}

function listCommand(): Command {
  return new Command('list')
    .description('all groups with their members')
    .option('--json', 'for programs')
    .action(async (options: { json?: boolean }, command: Command) => {
      const groups = await withStore(command, (store) => store.groups.list());
      const rows = groups.map(({ name, members, createdAt }) => ({
        name,
        members,
        created: formatTime(createdAt),
      }));
      if (options.json === true) printJson(rows);
      else printTable(rows.map((row) => ({ ...row, members: row.members.join(', ') })));
    });
}

function removeCommand(): Command {
  return new Command('remove')
    .description('remove a group and its grants; its members stay')
    .addArgument(groupArgument())
    .action(async (text: string, _options: unknown, command: Command) => {
      const name = toCanonicalName(text);
      await withStore(command, async (store) => {
        await store.change(about('', `group ${name} removed`), async ({ groups }) => {
          if (!(await groups.remove(name))) throw noSuchGroup(text);
        });
        say(
          `the group ${name} is removed; whichever of its members has no other grant holds what the role gives again`,
        );
      });
    });
}

const memberships = {
  join: { description: 'put a user into a group', done: 'is in', already: 'is in already' },
  leave: { description: 'take a user out of a group', done: 'is out of', already: 'is not in' },
} as const;

function memberCommand(verb: keyof typeof memberships): Command {
  const { description, done, already } = memberships[verb];
  return new Command(verb)
    .description(description)
    .addArgument(groupArgument())
    .argument('<user>', 'the user')
    .action(async (groupText: string, userText: string, _options: unknown, command: Command) => {
      const [group, user] = [toCanonicalName(groupText), toCanonicalName(userText)];
      await withStore(command, async (store) => {
        const what = `user ${user} ${verb === 'join' ? 'joined' : 'left'} group ${group}`;
        const changed = await store.change(about(user, what), async ({ groups, users }) => {
          if (!(await groups.list()).some(({ name }) => name === group)) throw noSuchGroup(groupText);
          if ((await users.find(user)) === undefined) throw noSuchUser(userText);
          return groups[verb](group, user);
        });
        say(`${user} ${changed ? done : already} ${group}`);
      });
    });
}

function groupArgument(): Argument {
  return new Argument('<group>', 'the group');
}

function about(subject: string, what: string): AdministrativeChange {
  return { at: Date.now(), subject, what };
}

export function noSuchGroup(name: string): DockpassError {
  return new DockpassError(
    'no_such_group',
    `there is no group ${JSON.stringify(name.slice(0, 80))}: "dockpass group list" shows all, "dockpass group add NAME" makes one`,
  );
}

function groupTaken(name: string): DockpassError {
  return new DockpassError(
    'already_exists',
    `there is a group ${name} already: "dockpass group list" shows its members`,
  );
}
