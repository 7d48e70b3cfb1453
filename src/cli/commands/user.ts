import { Argument, Option, type Command } from 'commander';
import { systemClock } from '../../clock.ts';
import { roles, type Role } from '../../policy/rights.ts';
import { CliCommand, type ConfirmOptions } from '../cli-command.ts';
import { confirm } from '../confirm.ts';
import { withStore } from '../context.ts';
import { withPasswordOptions, type PasswordOptions } from '../options/password-options.ts';
import { formatTime, print, printJson, printTable, say } from '../output.ts';
import { describeHoldings, publicView, sayHoldings, stateOf, viewOfRight } from '../views/user-view.ts';

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
    const { requireFreeName } = await import('../../admin/names.ts');
    const { addUser } = await import('../../admin/users.ts');
    const { parseNewUserName } = await import('../../identity/user-name.ts');
    const { readNewPassword } = await import('../new-password.ts');
    await withStore(command, async (store, { passwords: { minLength }, users }) => {
      const { role = users.defaultRole } = options;
      // Report a name that is already taken before asking for a password.
      await requireFreeName(store, parseNewUserName(text), 'user');
      const { password, generated } = await readNewPassword(options, minLength);
      const name = await addUser(store, systemClock, { name: text, role, password, minLength });
      say(`${name} can log in with the role ${role}`);
      if (role === 'none') await sayHoldings(store, [name]);
      if (generated) print(password.reveal());
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
      const { setRole } = await import('../../admin/users.ts');
      const account = await withStore(command, (store) => setRole(store, systemClock, text, role));
      say(`${account.name} now has the role ${role}`);
      if (account.rightsFrom === 'grants')
        say(
          `warning: ${account.name} has grants, and they decide what ${account.name} may do on repositories. To use the rights of the role, remove the grants, and then run "dockpass user role ${account.name} ${role}" again`,
        );
      say(describeHoldings(account));
    });
}

function listCommand(): Command {
  return new CliCommand('list')
    .description('List all users')
    .examples('dockpass user list --json')
    .jsonOption()
    .action(async (options: { json?: boolean }, command: Command) => {
      const { users, disabled } = await withStore(command, async (store) => ({
        users: await store.users.list(),
        disabled: await store.htpasswdUsers.listDisabled(),
      }));
      if (disabled.length > 0)
        say(`disabled users of the htpasswd file: ${disabled.map(({ name }) => name).join(', ')}`);
      if (options.json === true) printJson(users.map(publicView));
      else
        printTable(
          users.map((user) => ({
            name: user.name,
            role: user.role,
            state: stateOf(user),
            created: formatTime(user.createdAt),
          })),
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
      const { noSuchUser } = await import('../../admin/users.ts');
      const { readAccount } = await import('../../identity/account.ts');
      const { toCanonicalName } = await import('../../identity/user-name.ts');
      const account = await withStore(command, (store) => readAccount(store, toCanonicalName(text)));
      if (account === undefined) throw noSuchUser(text);
      const rights = account.rights.map(viewOfRight);
      if (options.json === true) {
        printJson({ ...publicView(account), groups: account.groups, rights });
        return;
      }
      for (const [key, value] of Object.entries(publicView(account))) print(`${key}: ${value}`);
      print(`groups: ${account.groups.join(', ') || 'none'}`);
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
    const { findUser, setPassword } = await import('../../admin/users.ts');
    const { readNewPassword } = await import('../new-password.ts');
    await withStore(command, async (store, { passwords: { minLength } }) => {
      // Report an unknown user name before asking for a password.
      await findUser(store, text);
      const { password, generated } = await readNewPassword(options, minLength);
      const name = await setPassword(store, systemClock, text, { password, minLength });
      say(`${name} has a new password; the old one is no longer valid`);
      if (generated) print(password.reveal());
    });
  });
}

function disableCommand(): Command {
  return new CliCommand('disable')
    .description('Disable a user: the user cannot log in, but keeps all settings')
    .examples('dockpass user disable alice')
    .addArgument(nameArgument())
    .action(async (text: string, _options: unknown, command: Command) => {
      const { disableUser } = await import('../../admin/users.ts');
      const name = await withStore(command, (store, { htpasswd }) =>
        disableUser(store, systemClock, text, htpasswd),
      );
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
      const { enableUser } = await import('../../admin/users.ts');
      const name = await withStore(command, (store) => enableUser(store, systemClock, text));
      say(`${name} can log in again`);
    });
}

function unlockCommand(): Command {
  return new CliCommand('unlock')
    .description('End the lockout of a user after too many failed login attempts')
    .examples('dockpass user unlock alice')
    .addArgument(nameArgument())
    .action(async (text: string, _options: unknown, command: Command) => {
      const { unlockUser } = await import('../../admin/users.ts');
      const name = await withStore(command, (store) => unlockUser(store, systemClock, text));
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
      const { findUser, removeUser } = await import('../../admin/users.ts');
      const name = await withStore(command, async (store) => {
        const user = await findUser(store, text);
        await confirm(
          `Remove the user ${user.name} and all access tokens, sessions and grants of ${user.name}?`,
          options,
        );
        return removeUser(store, systemClock, text);
      });
      say(`${name} is removed`);
    });
}

function nameArgument(): Argument {
  return new Argument('<name>', 'The name of the user');
}
