import { Argument, Option, type Command } from 'commander';
import { roles, type Role } from '../../policy/rights.ts';
import { describeHoldings } from '../../admin/views/user-view.ts';
import { withAdministration } from '../administration/open-administration.ts';
import { CliCommand, type ConfirmOptions } from '../cli-command.ts';
import { confirm } from '../confirm.ts';
import { withPasswordOptions, type PasswordOptions } from '../options/password-options.ts';
import { print, printJson, printTable, say } from '../output.ts';
import { sayHoldings } from '../views/user-view.ts';

export function userCommand(): Command {
  return new CliCommand('user')
    .description('Manage users; a running server applies each change from the next request on')
    .examples('dockpass user add alice --role reader', 'dockpass user list')
    .addCommand(addCommand())
    .addCommand(roleCommand())
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(passwdCommand())
    .addCommand(disableCommand())
    .addCommand(enableCommand())
    .addCommand(unlockCommand())
    .addCommand(removeCommand());
}

function addCommand(): Command {
  const role = new Option(
    '--role <role>',
    'The role of the user; without this option, the setting users.defaultRole',
  ).choices(roles);
  return withPasswordOptions(
    new CliCommand('add')
      .description('Add a user')
      .examples('dockpass user add alice --role reader', 'dockpass user add bob --generate')
      .addArgument(nameArgument())
      .addOption(role),
  ).action(async (text: string, options: PasswordOptions & { role?: Role }, command: Command) => {
    const { asksForPassword, readNewPassword } = await import('../new-password.ts');
    await withAdministration(command, async ({ users }) => {
      // Report a name that is already taken before asking for a password.
      if (asksForPassword(options)) await users.requireFreeName(text);
      const password = await readNewPassword(options, await users.minPasswordLength());
      const { name, role, generated } = await users.add({ name: text, role: options.role, password });
      say(`${name} can log in with the role ${role}`);
      if (role === 'none') await sayHoldings(users, [name]);
      if (generated !== undefined) print(generated.reveal());
    });
  });
}

function roleCommand(): Command {
  return new CliCommand('role')
    .description(
      'Change the role of a user. If the user has no grants, the user has the rights of the role from now on',
    )
    .examples('dockpass user role alice reader')
    .addArgument(nameArgument())
    .addArgument(new Argument('<role>', 'The new role').choices(roles))
    .action(async (text: string, role: Role, _options: unknown, command: Command) => {
      const user = await withAdministration(command, ({ users }) => users.setRole(text, role));
      say(`${user.name} now has the role ${role}`);
      if (user.rightsFrom === 'grants')
        say(
          `warning: ${user.name} has grants, and they decide what ${user.name} may do on repositories. To use the rights of the role, remove the grants, and then run "dockpass user role ${user.name} ${role}" again`,
        );
      say(describeHoldings(user));
    });
}

function listCommand(): Command {
  return new CliCommand('list')
    .description('List all users')
    .examples('dockpass user list --json')
    .jsonOption()
    .action(async (options: { json?: boolean }, command: Command) => {
      const { users, disabledInHtpasswd } = await withAdministration(command, ({ users }) => users.list());
      if (disabledInHtpasswd.length > 0)
        say(`disabled users of the htpasswd file: ${disabledInHtpasswd.join(', ')}`);
      if (options.json === true) printJson(users);
      else
        printTable(
          users.map(({ name, role, state, created }) => ({ name, role, state, created })),
          'there are no users in the database. To add one, run "dockpass user add NAME"',
        );
    });
}

function showCommand(): Command {
  return new CliCommand('show')
    .description('Show a user with all groups and rights of the user')
    .examples('dockpass user show alice')
    .addArgument(nameArgument())
    .jsonOption()
    .action(async (text: string, options: { json?: boolean }, command: Command) => {
      const user = await withAdministration(command, ({ users }) => users.find(text));
      if (options.json === true) {
        printJson(user);
        return;
      }
      const { groups, rights, ...fields } = user;
      for (const [key, value] of Object.entries(fields)) print(`${key}: ${value}`);
      print(`groups: ${groups.join(', ') || 'none'}`);
      for (const { pattern, actions, from } of rights)
        print(`holds: ${pattern} ${actions.join(',')} (${from})`);
      if (rights.length === 0) print('holds: nothing');
    });
}

function passwdCommand(): Command {
  return withPasswordOptions(
    new CliCommand('passwd')
      .description('Set a new password for a user')
      .examples('dockpass user passwd alice', 'dockpass user passwd alice --password-stdin < password.txt')
      .addArgument(nameArgument()),
  ).action(async (text: string, options: PasswordOptions, command: Command) => {
    const { asksForPassword, readNewPassword } = await import('../new-password.ts');
    await withAdministration(command, async ({ users }) => {
      // Report an unknown user name before asking for a password.
      if (asksForPassword(options)) await users.find(text);
      const password = await readNewPassword(options, await users.minPasswordLength());
      const { name, generated } = await users.setPassword(text, password);
      say(`${name} has a new password; the old one is no longer valid`);
      if (generated !== undefined) print(generated.reveal());
    });
  });
}

function disableCommand(): Command {
  return new CliCommand('disable')
    .description('Disable a user: the user cannot log in, but keeps all settings')
    .examples('dockpass user disable alice')
    .addArgument(nameArgument())
    .action(async (text: string, _options: unknown, command: Command) => {
      const name = await withAdministration(command, ({ users }) => users.disable(text));
      say(
        `${name} can no longer log in; registry tokens that were already issued stay valid until they expire`,
      );
    });
}

function enableCommand(): Command {
  return new CliCommand('enable')
    .description('Let a disabled user log in again')
    .examples('dockpass user enable alice')
    .addArgument(nameArgument())
    .action(async (text: string, _options: unknown, command: Command) => {
      const name = await withAdministration(command, ({ users }) => users.enable(text));
      say(`${name} can log in again`);
    });
}

function unlockCommand(): Command {
  return new CliCommand('unlock')
    .description('End the lockout of a user after too many failed login attempts')
    .examples('dockpass user unlock alice')
    .addArgument(nameArgument())
    .action(async (text: string, _options: unknown, command: Command) => {
      const name = await withAdministration(command, ({ users }) => users.unlock(text));
      say(
        `${name} can try to log in again now. A client address with failed login attempts for many users stays blocked for up to 5 minutes.`,
      );
    });
}

function removeCommand(): Command {
  return new CliCommand('remove')
    .description('Remove a user and all access tokens, sessions and grants of the user')
    .examples('dockpass user remove alice')
    .addArgument(nameArgument())
    .confirmOptions()
    .action(async (text: string, options: ConfirmOptions, command: Command) => {
      const name = await withAdministration(command, async ({ users }) => {
        const user = await users.find(text);
        await confirm(
          `Remove the user ${user.name} and all access tokens, sessions and grants of ${user.name}?`,
          options,
        );
        return users.remove(text);
      });
      say(`${name} is removed`);
    });
}

function nameArgument(): Argument {
  return new Argument('<name>', 'The name of the user');
}
