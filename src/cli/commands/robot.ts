import { Argument, type Command } from 'commander';
import {
  createRobot,
  disableRobot,
  enableRobot,
  removeRobot,
  rotateRobotSecret,
} from '../../admin/robots.ts';
import { systemClock } from '../../clock.ts';
import { toCanonicalName } from '../../identity/user-name.ts';
import { robotState } from '../../identity/token/robot-state.ts';
import { formatPatternActions } from '../../admin/rights/right-text.ts';
import type { OnlyRight, Robot } from '../../store/store.ts';
import { CliCommand, type YesOption } from '../cli-command.ts';
import { confirm } from '../confirm.ts';
import { withStore } from '../context.ts';
import { readDuration } from '../duration-option.ts';
import { onlyOption } from '../only-option.ts';
import { formatTime, print, printJson, printTable, say } from '../output.ts';

export function robotCommand(): Command {
  return new CliCommand('robot')
    .description(
      'Manage robot accounts. With a robot account, a machine can log in with a secret in place of a password',
    )
    .examples('dockpass robot create ci --only "team/**:pull,push"', 'dockpass robot list')
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(rotateCommand())
    .addCommand(disableCommand())
    .addCommand(enableCommand())
    .addCommand(removeCommand());
}

interface CreateOptions {
  readonly only: readonly OnlyRight[];
  readonly expires: string;
}

function createCommand(): Command {
  return new CliCommand('create')
    .description('Create a robot account and print its secret once')
    .examples('dockpass robot create ci --only "team/**:pull,push" --expires 90d')
    .addArgument(nameArgument())
    .addOption(onlyOption().makeOptionMandatory())
    .option('--expires <duration>', 'How long the robot account is valid, such as 30d or 365d', '365d')
    .action(async (name: string, { only, expires }: CreateOptions, command: Command) => {
      const expiresIn = readDuration('--expires', expires);
      const { robot, secret } = await withStore(command, (store, { htpasswd }) =>
        createRobot(store, systemClock, { name, only, expiresIn, htpasswd }),
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
      const robots = await withStore(command, (store) => store.robots.list());
      if (options.json === true) printJson(robots.map(publicView));
      else printTable(robots.map(row));
      const soon = robots.filter((robot) => stateOf(robot) === 'expires soon');
      if (soon.length > 0)
        say(
          `these robot accounts expire soon: ${soon.map(({ name }) => name).join(', ')}; renew each with "dockpass robot rotate NAME --expires 365d"`,
        );
    });
}

interface RotateOptions {
  readonly overlap: string;
  readonly expires?: string;
}

function rotateCommand(): Command {
  return new CliCommand('rotate')
    .description('Create a new secret and print it once; the old secret stays valid for a grace period')
    .examples('dockpass robot rotate ci', 'dockpass robot rotate ci --overlap 0s --expires 365d')
    .addArgument(nameArgument())
    .option(
      '--overlap <duration>',
      'How long the old secret stays valid; with 0s, it becomes invalid at once',
      '24h',
    )
    .option(
      '--expires <duration>',
      'Set how long the robot account is valid from now, such as 365d (default: the expiry does not change)',
    )
    .action(async (text: string, { overlap, expires }: RotateOptions, command: Command) => {
      const rotation = {
        overlap: readDuration('--overlap', overlap),
        expiresIn: expires === undefined ? undefined : readDuration('--expires', expires),
      };
      const { robot, secret, oldSecretsEndAt } = await withStore(command, (store) =>
        rotateRobotSecret(store, systemClock, text, rotation),
      );
      const oldEnd = formatTime(oldSecretsEndAt);
      say(
        `the old secret of ${robot.name} is valid until ${oldEnd}. The new secret (it is shown only once):`,
      );
      print(secret.reveal());
      sayExpiry(robot);
      if (robot.disabled)
        say(`${robot.name} is disabled: run "dockpass robot enable ${robot.name}" to let it log in`);
    });
}

function disableCommand(): Command {
  return new CliCommand('disable')
    .description('Disable a robot account: it cannot log in, but keeps its secret')
    .examples('dockpass robot disable ci')
    .addArgument(nameArgument())
    .action(async (text: string, _options: unknown, command: Command) => {
      const name = await withStore(command, (store) => disableRobot(store, systemClock, text));
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
      const name = await withStore(command, (store) => enableRobot(store, systemClock, text));
      say(`${name} can log in again`);
    });
}

function removeCommand(): Command {
  return new CliCommand('remove')
    .description('Remove a robot account')
    .examples('dockpass robot remove ci')
    .addArgument(nameArgument())
    .yesOption()
    .action(async (text: string, options: YesOption, command: Command) => {
      const name = await withStore(command, async (store) => {
        const robot = await store.robots.find(toCanonicalName(text));
        if (robot !== undefined) await confirm(`Remove the robot account ${robot.name}?`, options);
        return removeRobot(store, systemClock, text);
      });
      say(`${name} is removed`);
    });
}

function nameArgument(): Argument {
  return new Argument('<name>', 'The name of the robot account');
}

function sayExpiry({ name, expiresAt }: Robot): void {
  if (expiresAt !== null) say(`${name} expires at ${formatTime(expiresAt)}`);
}

function stateOf(robot: Robot) {
  return robotState(robot, Math.floor(systemClock() / 1000));
}

/** Returns a robot in the form that `--json` prints, without the hashes of its secrets. */
function publicView(robot: Robot) {
  const { name, only, createdAt, expiresAt, lastUse } = robot;
  return {
    name,
    only,
    state: stateOf(robot),
    created: formatTime(createdAt),
    expires: expiresAt === null ? null : formatTime(expiresAt),
    lastUsed: lastUse === null ? null : formatTime(lastUse.at),
    lastUsedFrom: lastUse?.from ?? null,
  };
}

function row(robot: Robot) {
  const { name, state, expires, lastUsed, lastUsedFrom } = publicView(robot);
  return {
    name,
    only: formatPatternActions(robot.only),
    state,
    expires: expires ?? 'never',
    'last used': lastUsed === null ? 'never' : `${lastUsed} from ${lastUsedFrom}`,
  };
}
