import { Argument, type Command } from 'commander';
import { DockpassError } from '../../errors.ts';
import type { Label, OnlyRight } from '../../store/store.ts';
import type { RobotOperations } from '../administration/credentials.ts';
import { withAdministration } from '../administration/open-administration.ts';
import { CliCommand, type ConfirmOptions, type JsonOption } from '../cli-command.ts';
import { confirm, endDryRun } from '../confirm.ts';
import { readDuration } from '../options/duration-option.ts';
import { descriptionOption, onlyOption, ownerOption } from '../options/only-option.ts';
import { print, printJson, printTable, say } from '../output.ts';
import type { RobotView } from '../../admin/views/robot-view.ts';

export function robotCommand(): Command {
  return new CliCommand('robot')
    .description(
      'Manage robot accounts. With a robot account, a machine can log in with a secret in place of a password',
    )
    .examples('dockpass robot create ci --only "team/**:pull,push"', 'dockpass robot list')
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(setCommand())
    .addCommand(rotateCommand())
    .addCommand(disableCommand())
    .addCommand(enableCommand())
    .addCommand(removeCommand());
}

interface CreateOptions extends Label {
  readonly only: readonly OnlyRight[];
  readonly expires: string;
  readonly api?: boolean;
}

function createCommand(): Command {
  return new CliCommand('create')
    .description('Create a robot account and print its secret once')
    .examples(
      'dockpass robot create ci --only "team/**:pull,push" --expires 90d',
      'dockpass robot create ci --only "team/**:pull,push" --description "builds of the shop" --owner "team web"',
    )
    .addArgument(nameArgument())
    .addOption(onlyOption().makeOptionMandatory())
    .option('--expires <duration>', 'How long the robot account is valid, such as 30d or 365d', '365d')
    .option(
      '--api',
      'Let the robot account also use the administration API, to read its own account and its repositories',
    )
    .addOption(descriptionOption('robot account'))
    .addOption(ownerOption('robot account'))
    .action(async (name: string, { only, expires, ...options }: CreateOptions, command: Command) => {
      const expiresIn = readDuration('--expires', expires);
      const { robot, secret } = await withAdministration(command, ({ robots }) =>
        robots.create({ name, only, expiresIn, ...options }),
      );
      say(`log in with the name ${robot.name} and this secret as the password (it is shown only once):`);
      print(secret.reveal());
      sayExpiry(robot);
    });
}

function listCommand(): Command {
  return new CliCommand('list')
    .description('List all robot accounts with the time of their last use, so that you can find unused ones')
    .examples('dockpass robot list --json')
    .jsonOption()
    .action(async (options: { json?: boolean }, command: Command) => {
      const { loginRow } = await import('../views/login-row.ts');
      const found = await withAdministration(command, ({ robots }) => robots.list());
      if (options.json === true) printJson(found);
      else
        printTable(
          found.map(loginRow),
          'there are no robot accounts. To create one, run "dockpass robot create NAME --only PATTERN:ACTIONS"',
        );
      const soon = found.filter(({ state }) => state === 'expires soon');
      if (soon.length > 0)
        say(
          `these robot accounts expire soon: ${soon.map(({ name }) => name).join(', ')}; renew each with "dockpass robot rotate NAME --expires 365d", or all with "dockpass robot rotate --all --expiring 30d --expires 365d"`,
        );
    });
}

function showCommand(): Command {
  return new CliCommand('show')
    .description(
      'Show a robot account: its rights, its state, when it expires, and who is responsible for it',
    )
    .examples('dockpass robot show ci', 'dockpass robot show ci --json')
    .addArgument(nameArgument())
    .jsonOption()
    .action(async (text: string, { json }: JsonOption, command: Command) => {
      const { printRobot } = await import('../views/robot-view.ts');
      const robot = await withAdministration(command, ({ robots }) => robots.find(text));
      if (json === true) printJson(robot);
      else printRobot(robot);
    });
}

interface SetOptions extends Label {
  readonly only?: readonly OnlyRight[];
  readonly expires?: string;
}

function setCommand(): Command {
  return new CliCommand('set')
    .description(
      'Change the rights, the expiry, the description or the owner of a robot account; its secret stays valid',
    )
    .examples(
      'dockpass robot set ci --only "team/**:pull,push" --only "base/*:pull"',
      'dockpass robot set ci --owner "team web" --expires 365d',
    )
    .addArgument(nameArgument())
    .addOption(
      onlyOption(
        'Replace all rights by these actions on repositories that match the pattern, such as "team/**:pull,push"; can be repeated',
      ),
    )
    .option('--expires <duration>', 'Set how long the robot account is valid from now, such as 365d')
    .addOption(descriptionOption('robot account'))
    .addOption(ownerOption('robot account'))
    .action(async (text: string, { expires, ...change }: SetOptions, command: Command) => {
      const expiresIn = expires === undefined ? {} : { expiresIn: readDuration('--expires', expires) };
      const { printRobot } = await import('../views/robot-view.ts');
      const robot = await withAdministration(command, ({ robots }) =>
        robots.set(text, { ...change, ...expiresIn }),
      );
      say(
        `${robot.name} is changed from the next request on. Its secret stays the same. Its settings are now:`,
      );
      printRobot(robot);
    });
}

interface RotateOptions extends ConfirmOptions, JsonOption {
  readonly overlap: string;
  readonly expires?: string;
  readonly all?: boolean;
  readonly expiring?: string;
}

function rotateCommand(): Command {
  return new CliCommand('rotate')
    .description('Create a new secret and print it once; the old secret stays valid for a grace period')
    .examples(
      'dockpass robot rotate ci',
      'dockpass robot rotate ci --overlap 0s --expires 365d',
      'dockpass robot rotate --all --expiring 30d --expires 365d --json > secrets.json',
    )
    .addArgument(new Argument('[name]', 'The name of the robot account'))
    .option('--all', 'Rotate the secrets of all robot accounts, and print a line "NAME SECRET" for each')
    .option(
      '--expiring <duration>',
      'With --all: only robot accounts that expire within this time, such as 30d',
    )
    .option(
      '--overlap <duration>',
      'How long the old secret stays valid; with 0s, it becomes invalid at once',
      '24h',
    )
    .option(
      '--expires <duration>',
      'Set how long the robot account is valid from now, such as 365d (default: the expiry does not change)',
    )
    .jsonOption('Print the names and secrets as a JSON array')
    .confirmOptions()
    .action(async (text: string | undefined, options: RotateOptions, command: Command) => {
      const { overlap, expires, all, expiring, json } = options;
      if ((text === undefined) !== (all === true))
        throw new DockpassError('bad_usage', 'give one of these: NAME or --all');
      if (expiring !== undefined && all !== true)
        throw new DockpassError('bad_usage', '--expiring needs --all');
      const rotation = {
        overlap: readDuration('--overlap', overlap),
        expiresIn: expires === undefined ? undefined : readDuration('--expires', expires),
      };
      if (text === undefined) {
        const expiringWithin = expiring === undefined ? undefined : readDuration('--expiring', expiring);
        return rotateAll(command, { ...rotation, expiringWithin }, options);
      }
      const { robot, secret, oldSecretsEnd } = await withAdministration(command, async ({ robots }) => {
        if (options.dryRun === true) {
          const { name } = await robots.find(text);
          endDryRun(`Create a new secret for the robot account ${name}`, options);
        }
        return robots.rotate(text, rotation);
      });
      const { secretView } = await import('../../admin/views/robot-view.ts');
      if (json === true) printJson([secretView(robot, secret, oldSecretsEnd)]);
      say(
        `the old secret of ${robot.name} is valid until ${oldSecretsEnd}. The new secret (it is shown only once):`,
      );
      if (json !== true) print(secret.reveal());
      sayExpiry(robot);
      if (robot.state === 'disabled')
        say(`${robot.name} is disabled: run "dockpass robot enable ${robot.name}" to let it log in`);
    });
}

type AllRotation = Parameters<RobotOperations['rotateAll']>[0];

async function rotateAll(command: Command, rotation: AllRotation, options: RotateOptions): Promise<void> {
  const { secretView } = await import('../../admin/views/robot-view.ts');
  const { rotated, oldSecretsEnd } = await withAdministration(command, async ({ robots }) => {
    const { robots: names, expired } = await robots.planRotation(rotation.expiringWithin);
    if (expired.length > 0)
      say(
        `these robot accounts have expired and get no new secret: ${expired.join(', ')}. To renew one, run "dockpass robot rotate NAME --expires 365d"`,
      );
    if (names.length === 0) return { rotated: [], oldSecretsEnd: '' };
    await confirm(
      `Create new secrets for ${names.length === 1 ? 'the robot account' : `these ${names.length} robot accounts:`} ${names.join(', ')}?`,
      options,
    );
    return robots.rotateAll(rotation);
  });
  if (options.json === true)
    printJson(rotated.map(({ robot, secret }) => secretView(robot, secret, oldSecretsEnd)));
  if (rotated.length === 0) {
    say('there is no robot account to rotate');
    return;
  }
  say(`the old secrets are valid until ${oldSecretsEnd}. The new secrets (they are shown only once):`);
  if (options.json !== true)
    for (const { robot, secret } of rotated) print(`${robot.name} ${secret.reveal()}`);
  if (rotation.expiresIn === undefined)
    say('the expiry of the robot accounts did not change. To change it too, add --expires 365d');
}

function disableCommand(): Command {
  return new CliCommand('disable')
    .description('Disable a robot account: it cannot log in, but keeps its secret')
    .examples('dockpass robot disable ci')
    .addArgument(nameArgument())
    .action(async (text: string, _options: unknown, command: Command) => {
      const name = await withAdministration(command, ({ robots }) => robots.disable(text));
      say(
        `${name} can no longer log in; registry tokens that were already issued stay valid until they expire`,
      );
    });
}

function enableCommand(): Command {
  return new CliCommand('enable')
    .description('Let a disabled robot account log in again')
    .examples('dockpass robot enable ci')
    .addArgument(nameArgument())
    .action(async (text: string, _options: unknown, command: Command) => {
      const name = await withAdministration(command, ({ robots }) => robots.enable(text));
      say(`${name} can log in again`);
    });
}

function removeCommand(): Command {
  return new CliCommand('remove')
    .description('Remove a robot account')
    .examples('dockpass robot remove ci')
    .addArgument(nameArgument())
    .confirmOptions()
    .action(async (text: string, options: ConfirmOptions, command: Command) => {
      const name = await withAdministration(command, async ({ robots }) => {
        const { name } = await robots.find(text);
        await confirm(`Remove the robot account ${name}?`, options);
        return robots.remove(text);
      });
      say(`${name} is removed`);
    });
}

function nameArgument(): Argument {
  return new Argument('<name>', 'The name of the robot account');
}

function sayExpiry({ name, expires }: RobotView): void {
  if (expires !== null) say(`${name} expires at ${expires}`);
}
