import { Argument, type Command } from 'commander';
import { withAdministration } from '../administration/open-administration.ts';
import { CliCommand, type ConfirmOptions } from '../cli-command.ts';
import { confirm, endDryRun, isConfirmationNeeded } from '../confirm.ts';
import { printJson, printTable, say } from '../output.ts';
import { sayHoldings } from '../views/user-view.ts';

export function groupCommand(): Command {
  return new CliCommand('group')
    .description('Manage groups of users, so that one grant gives rights to many users')
    .examples('dockpass group add dev', 'dockpass group join dev alice')
    .addCommand(addCommand())
    .addCommand(listCommand())
    .addCommand(removeCommand())
    .addCommand(joinCommand())
    .addCommand(leaveCommand());
}

function addCommand(): Command {
  return new CliCommand('add')
    .description('Add a group')
    .examples('dockpass group add dev')
    .addArgument(groupArgument())
    .action(async (text: string, _options: unknown, command: Command) => {
      const name = await withAdministration(command, ({ groups }) => groups.add(text));
      say(`group ${name} is added. Add users to this group with "dockpass group join ${name} USER"`);
    });
}

function listCommand(): Command {
  return new CliCommand('list')
    .description('List all groups with their members')
    .examples('dockpass group list --json')
    .jsonOption()
    .action(async (options: { json?: boolean }, command: Command) => {
      const rows = await withAdministration(command, ({ groups }) => groups.list());
      if (options.json === true) printJson(rows);
      else
        printTable(
          rows.map((row) => ({ ...row, members: row.members.join(', ') })),
          'there are no groups. To add one, run "dockpass group add NAME"',
        );
    });
}

function removeCommand(): Command {
  return new CliCommand('remove')
    .description('Remove a group and its grants, but not the users in the group')
    .examples('dockpass group remove dev')
    .addArgument(groupArgument())
    .confirmOptions()
    .action(async (text: string, options: ConfirmOptions, command: Command) => {
      const { toCanonicalName } = await import('../../identity/user-name.ts');
      await withAdministration(command, async ({ groups, users }) => {
        await groups.find(text);
        await confirm(`Remove the group ${toCanonicalName(text)} and its grants?`, options);
        const { name, members } = await groups.remove(text);
        say(`group ${name} is removed`);
        await sayHoldings(users, members);
      });
    });
}

function joinCommand(): Command {
  return new CliCommand('join')
    .description('Add a user to a group')
    .examples('dockpass group join dev alice')
    .addArgument(groupArgument())
    .addArgument(userArgument())
    .action(async (groupText: string, userText: string, _options: unknown, command: Command) => {
      const { toCanonicalName } = await import('../../identity/user-name.ts');
      const [group, user] = [toCanonicalName(groupText), toCanonicalName(userText)];
      await withAdministration(command, async ({ groups, users }) => {
        const isNew = await groups.join({ group, user });
        say(`${user} is ${isNew ? 'now' : 'already'} in the group ${group}`);
        await sayHoldings(users, [user]);
      });
    });
}

function leaveCommand(): Command {
  return new CliCommand('leave')
    .description('Remove a user from a group')
    .examples('dockpass group leave dev alice')
    .addArgument(groupArgument())
    .addArgument(userArgument())
    .confirmOptions()
    .action(async (groupText: string, userText: string, options: ConfirmOptions, command: Command) => {
      const { toCanonicalName } = await import('../../identity/user-name.ts');
      const [group, user] = [toCanonicalName(groupText), toCanonicalName(userText)];
      await withAdministration(command, async ({ groups, users }) => {
        if (isConfirmationNeeded(options) && (await groups.leavingNarrows({ group, user })))
          await confirm(
            `Remove ${user} from the group ${group} (${user} loses the rights of the group)?`,
            options,
          );
        if (options.dryRun === true) {
          const { members } = await groups.find(group);
          const { name } = await users.find(user);
          endDryRun(
            members.includes(name)
              ? `Remove ${user} from the group ${group}`
              : `change nothing: ${user} is not in the group ${group}`,
            options,
          );
        }
        const wasMember = await groups.leave({ group, user });
        say(`${user} is ${wasMember ? 'no longer' : 'not'} in the group ${group}`);
        await sayHoldings(users, [user]);
      });
    });
}

function groupArgument(): Argument {
  return new Argument('<group>', 'The name of the group');
}

function userArgument(): Argument {
  return new Argument('<user>', 'The name of the user');
}
