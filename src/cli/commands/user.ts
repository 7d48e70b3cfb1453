import { Argument, Command, Option } from 'commander';
import { DockpassError } from '../../errors.ts';
import { readAccount } from '../../identity/account.ts';
import { createPasswordHasher } from '../../identity/password/password-hash.ts';
import { toCanonicalName, parseNewUserName } from '../../identity/user-name.ts';
import { roles, type Role } from '../../policy/rights.ts';
import type { AdministrativeChange } from '../../audit/event.ts';
import type { Store, User } from '../../store/store.ts';
import { withStore } from '../context.ts';
import { readNewPassword, withPasswordOptions, type PasswordOptions } from '../new-password.ts';
import { formatTime, print, printJson, printTable, say } from '../output.ts';
import { publicView, stateOf, viewOfRight } from '../user-view.ts';

export function userCommand(): Command {
  return new Command('user')
    .description('who may log in; a running server sees each change with the next request')
    .addCommand(addCommand())
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(passwdCommand())
    .addCommand(disabledCommand('disable', true))
    .addCommand(disabledCommand('enable', false))
    .addCommand(unlockCommand())
    .addCommand(removeCommand());
}

function addCommand(): Command {
  const role = new Option('--role <role>', 'what the user may do').choices(roles).default('writer');
  return withPasswordOptions(
    new Command('add').description('add a user').addArgument(nameArgument()).addOption(role),
  ).action(async (text: string, options: PasswordOptions & { role: Role }, command: Command) => {
    const name = parseNewUserName(text);
    await withStore(command, async (store, config) => {
      await requireFreeName(store, name);
      const { password, generated } = await readNewPassword(options, config.passwords.minLength);
      const passwordHash = await createPasswordHasher().hash(password);
      const at = now();
      const user: User = {
        name,
        role: options.role,
        passwordHash,
        disabled: false,
        createdAt: at,
        changedAt: at,
      };
      await store.change(about(name, `user ${name} added as ${options.role}`), async (ports) => {
        await requireFreeName(ports, name);
        if (!(await ports.users.add(user))) throw nameTaken(name);
      });
      say(`${name} may log in as ${options.role}`);
      if (generated) print(password.reveal());
    });
  });
}

function listCommand(): Command {
  return new Command('list')
    .description('all users')
    .option('--json', 'for programs')
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
    .description('one user: groups, and what the user holds')
    .addArgument(nameArgument())
    .option('--json', 'for programs')
    .action(async (text: string, options: { json?: boolean }, command: Command) => {
      const account = await withStore(command, (store) => readAccount(store, toCanonicalName(text)));
      if (account === undefined) throw noSuchUser(text);
      const rights = account.rights.map(viewOfRight);
      if (options.json === true) printJson({ ...publicView(account), groups: account.groups, rights });
      else {
        for (const [key, value] of Object.entries(publicView(account))) print(`${key}: ${value}`);
        print(`groups: ${account.groups.join(', ') || 'none'}`);
        for (const { pattern, actions, from } of rights)
          print(`holds: ${pattern} ${actions.join(',')} (${from})`);
      }
    });
}

function passwdCommand(): Command {
  return withPasswordOptions(
    new Command('passwd').description('set a new password').addArgument(nameArgument()),
  ).action(async (text: string, options: PasswordOptions, command: Command) => {
    await withStore(command, async (store, config) => {
      const { name } = await findUser(store, text);
      const { password, generated } = await readNewPassword(options, config.passwords.minLength);
      const passwordHash = await createPasswordHasher().hash(password);
      await store.change(about(name, `password of user ${name} set`), async ({ users, refreshTokens }) => {
        // Guesses at the old password say nothing about the new one.
        const at = now();
        if (!(await users.update(name, { passwordHash, changedAt: at, unlockedAt: at })))
          throw noSuchUser(name);
        await refreshTokens.removeAllOf(name);
      });
      say(`${name} has a new password; the old one is refused from now on`);
      if (generated) print(password.reveal());
    });
  });
}

function disabledCommand(verb: 'disable' | 'enable', disabled: boolean): Command {
  return new Command(verb)
    .description(
      disabled ? 'refuse a user, keeping all that belongs to it' : 'let a disabled user log in again',
    )
    .addArgument(nameArgument())
    .action(async (text: string, _options: unknown, command: Command) => {
      await withStore(command, async (store) => {
        const { name } = await findUser(store, text);
        await store.change(about(name, `user ${name} ${verb}d`), async ({ users, refreshTokens }) => {
          if (!(await users.update(name, { disabled, changedAt: now() }))) throw noSuchUser(name);
          if (disabled) await refreshTokens.removeAllOf(name);
        });
        say(
          `${name} is ${disabled ? 'refused' : 'let in'} from now on; tokens already given out live to their end`,
        );
      });
    });
}

function unlockCommand(): Command {
  return new Command('unlock')
    .description('forget the wrong passwords of a user who has to wait after too many of them')
    .addArgument(nameArgument())
    .action(async (text: string, _options: unknown, command: Command) => {
      await withStore(command, async (store) => {
        const user = await findUser(store, text);
        const change = { unlockedAt: now(), changedAt: user.changedAt };
        await store.change(about(user.name, `user ${user.name} unlocked`), async ({ users }) => {
          if (!(await users.update(user.name, change))) throw noSuchUser(user.name);
        });
        say(
          `${user.name} may try again at once; an address that guessed at many users has to wait on (5 minutes at most)`,
        );
      });
    });
}

function removeCommand(): Command {
  return new Command('remove')
    .description('remove a user for good')
    .addArgument(nameArgument())
    .action(async (text: string, _options: unknown, command: Command) => {
      await withStore(command, async (store) => {
        const name = toCanonicalName(text);
        await store.change(about(name, `user ${name} removed`), async ({ users }) => {
          if (!(await users.remove(name))) throw noSuchUser(text);
        });
        say(`${name} is removed`);
      });
    });
}

function nameArgument(): Argument {
  return new Argument('<name>', 'the user');
}

async function findUser(store: Store, text: string): Promise<User> {
  const user = await store.users.find(toCanonicalName(text));
  if (user === undefined) throw noSuchUser(text);
  return user;
}

/** Users and robots share one name space. @throws DockpassError `already_exists` */
async function requireFreeName(
  { users, robots }: Pick<Store, 'users' | 'robots'>,
  name: string,
): Promise<void> {
  if ((await users.find(name)) !== undefined) throw nameTaken(name);
  if ((await robots.find(name)) !== undefined)
    throw new DockpassError('already_exists', `${name} is a robot: choose another name for the user`);
}

function about(subject: string, what: string): AdministrativeChange {
  return { at: Date.now(), subject, what };
}

export function noSuchUser(name: string): DockpassError {
  return new DockpassError(
    'no_such_user',
    `there is no user ${JSON.stringify(name.slice(0, 80))}: "dockpass user list" shows all`,
  );
}

function nameTaken(name: string): DockpassError {
  return new DockpassError(
    'already_exists',
    `${name} is taken: choose another name, or set a new password with "dockpass user passwd ${name}"`,
  );
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}
