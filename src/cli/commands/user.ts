import { Argument, Command, Option } from 'commander';
import { requireFreeName } from '../../admin/names.ts';
import {
  addUser,
  disableUser,
  enableUser,
  findUser,
  noSuchUser,
  removeUser,
  setPassword,
  unlockUser,
} from '../../admin/users.ts';
import { systemClock } from '../../clock.ts';
import { readAccount } from '../../identity/account.ts';
import { toCanonicalName, parseNewUserName } from '../../identity/user-name.ts';
import { roles, type Role } from '../../policy/rights.ts';
import { withStore } from '../context.ts';
import { readNewPassword, withPasswordOptions, type PasswordOptions } from '../new-password.ts';
import { formatTime, print, printJson, printTable, say } from '../output.ts';
import { publicView, stateOf, viewOfRight } from '../user-view.ts';

export function userCommand(): Command {
  return new Command('user')
    .description('Manage users; a running server applies each change from the next request on')
    .addCommand(addCommand())
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(passwdCommand())
    .addCommand(disableCommand())
    .addCommand(enableCommand())
    .addCommand(unlockCommand())
    .addCommand(removeCommand());
}

function addCommand(): Command {
  const role = new Option('--role <role>', 'the role of the user').choices(roles).default('writer');
  return withPasswordOptions(
    new Command('add').description('Add a user').addArgument(nameArgument()).addOption(role),
  ).action(async (text: string, options: PasswordOptions & { role: Role }, command: Command) => {
    await withStore(command, async (store, { passwords: { minLength } }) => {
      // Before it asks for a password.
      await requireFreeName(store, parseNewUserName(text), 'user');
      const { password, generated } = await readNewPassword(options, minLength);
      const name = await addUser(store, systemClock, { name: text, role: options.role, password, minLength });
      say(`${name} can log in as ${options.role}`);
      if (generated) print(password.reveal());
    });
  });
}

function listCommand(): Command {
  return new Command('list')
    .description('List all users')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }, command: Command) => {
      const users = await withStore(command, (store) => store.users.list());
      if (options.json === true) printJson(users.map(publicView));
      else
        printTable(
          users.map((user) => ({
            name: user.name,
            role: user.role,
            state: stateOf(user),
            created: formatTime(user.createdAt),
          })),
        );
    });
}

function showCommand(): Command {
  return new Command('show')
    .description('Show one user with groups and rights')
    .addArgument(nameArgument())
    .option('--json', 'print JSON')
    .action(async (text: string, options: { json?: boolean }, command: Command) => {
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
    });
}

function passwdCommand(): Command {
  return withPasswordOptions(
    new Command('passwd').description('Set a new password').addArgument(nameArgument()),
  ).action(async (text: string, options: PasswordOptions, command: Command) => {
    await withStore(command, async (store, { passwords: { minLength } }) => {
      // Before it asks for a password.
      await findUser(store, text);
      const { password, generated } = await readNewPassword(options, minLength);
      const name = await setPassword(store, systemClock, text, { password, minLength });
      say(`${name} has a new password; the old one is no longer valid`);
      if (generated) print(password.reveal());
    });
  });
}

function disableCommand(): Command {
  return new Command('disable')
    .description('Disable a user: the user cannot log in, but keeps all settings')
    .addArgument(nameArgument())
    .action(async (text: string, _options: unknown, command: Command) => {
      const name = await withStore(command, (store) => disableUser(store, systemClock, text));
      say(
        `${name} can no longer log in; registry tokens that were issued before stay valid until they expire`,
      );
    });
}

function enableCommand(): Command {
  return new Command('enable')
    .description('Let a disabled user log in again')
    .addArgument(nameArgument())
    .action(async (text: string, _options: unknown, command: Command) => {
      const name = await withStore(command, (store) => enableUser(store, systemClock, text));
      say(`${name} can log in again`);
    });
}

function unlockCommand(): Command {
  return new Command('unlock')
    .description('End the lockout of a user after too many failed login attempts')
    .addArgument(nameArgument())
    .action(async (text: string, _options: unknown, command: Command) => {
      const name = await withStore(command, (store) => unlockUser(store, systemClock, text));
      say(
        `${name} can try again now; an address with failed login attempts for many users still waits, at most 5 minutes`,
      );
    });
}

function removeCommand(): Command {
  return new Command('remove')
    .description('Remove a user with all access tokens, sessions and grants')
    .addArgument(nameArgument())
    .action(async (text: string, _options: unknown, command: Command) => {
      const name = await withStore(command, (store) => removeUser(store, systemClock, text));
      say(`${name} is removed`);
    });
}

function nameArgument(): Argument {
  return new Argument('<name>', 'the name of the user');
}
