import { Argument, Command } from 'commander';
import { addGroup, joinGroup, leaveGroup, removeGroup } from '../../admin/groups.ts';
import { systemClock } from '../../clock.ts';
import { toCanonicalName } from '../../identity/user-name.ts';
import { withStore } from '../context.ts';
import { formatTime, printJson, printTable, say } from '../output.ts';

export function groupCommand(): Command {
  return new Command('group')
    .description('Manage groups of users, so that one grant gives rights to many users')
    .addCommand(addCommand())
    .addCommand(listCommand())
    .addCommand(removeCommand())
    .addCommand(joinCommand())
    .addCommand(leaveCommand());
}

function addCommand(): Command {
  return new Command('add')
    .description('Add a group')
    .addArgument(groupArgument())
    .action(async (text: string, _options: unknown, command: Command) => {
      const name = await withStore(command, (store) => addGroup(store, systemClock, text));
      say(`group ${name} is added: add users to it with "dockpass group join ${name} USER"`);
    });
}

function listCommand(): Command {
  return new Command('list')
    .description('List all groups with their members')
    .option('--json', 'print JSON')
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
    .description('Remove a group and its grants; its members stay')
    .addArgument(groupArgument())
    .action(async (text: string, _options: unknown, command: Command) => {
      const name = await withStore(command, (store) => removeGroup(store, systemClock, text));
      say(
        `group ${name} is removed; for members without any other grant, the rights of the role apply again`,
      );
    });
}

function joinCommand(): Command {
  return new Command('join')
    .description('Add a user to a group')
    .addArgument(groupArgument())
    .addArgument(userArgument())
    .action(async (group: string, user: string, _options: unknown, command: Command) => {
      const isNew = await withStore(command, (store) => joinGroup(store, systemClock, { group, user }));
      say(`${toCanonicalName(user)} is ${isNew ? 'now' : 'already'} in ${toCanonicalName(group)}`);
    });
}

function leaveCommand(): Command {
  return new Command('leave')
    .description('Remove a user from a group')
    .addArgument(groupArgument())
    .addArgument(userArgument())
    .action(async (group: string, user: string, _options: unknown, command: Command) => {
      const wasMember = await withStore(command, (store) => leaveGroup(store, systemClock, { group, user }));
      say(`${toCanonicalName(user)} is ${wasMember ? 'no longer' : 'not'} in ${toCanonicalName(group)}`);
    });
}

function groupArgument(): Argument {
  return new Argument('<group>', 'the name of the group');
}

function userArgument(): Argument {
  return new Argument('<user>', 'the name of the user');
}
