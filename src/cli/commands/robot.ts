import { Argument, Command } from 'commander';
import {
  createRobot,
  disableRobot,
  enableRobot,
  removeRobot,
  rotateRobotSecret,
} from '../../admin/robots.ts';
import { systemClock } from '../../clock.ts';
import { robotState } from '../../identity/token/robot-state.ts';
import { formatPatternActions } from '../../admin/right-text.ts';
import type { OnlyRight, Robot } from '../../store/store.ts';
import { withStore } from '../context.ts';
import { readDuration } from '../duration-option.ts';
import { onlyOption } from '../only-option.ts';
import { formatTime, print, printJson, printTable, say } from '../output.ts';

export function robotCommand(): Command {
  return new Command('robot')
    .description('Manage robot accounts: for machines, with a secret in place of a password')
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
  return new Command('create')
    .description('Create a robot account and print its secret once')
    .addArgument(nameArgument())
    .addOption(onlyOption().makeOptionMandatory())
    .option('--expires <duration>', 'how long it is valid: 30d, 365d', '365d')
    .action(async (name: string, { only, expires }: CreateOptions, command: Command) => {
      const expiresIn = readDuration('--expires', expires);
      const { robot, secret } = await withStore(command, (store) =>
        createRobot(store, systemClock, { name, only, expiresIn }),
      );
      say(`log in with the name ${robot.name} and this secret as the password (it is shown only once):`);
      print(secret.reveal());
      sayExpiry(robot);
    });
}

function listCommand(): Command {
  return new Command('list')
    .description('List all robot accounts with their last use, which shows those that are no longer needed')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }, command: Command) => {
      const robots = await withStore(command, (store) => store.robots.list());
      if (options.json === true) printJson(robots.map(publicView));
      else printTable(robots.map(row));
      const soon = robots.filter((robot) => stateOf(robot) === 'expires soon');
      if (soon.length > 0)
        say(
          `these expire soon: ${soon.map(({ name }) => name).join(', ')}; renew each with "dockpass robot rotate NAME --expires 365d"`,
        );
    });
}

interface RotateOptions {
  readonly overlap: string;
  readonly expires?: string;
}

function rotateCommand(): Command {
  return new Command('rotate')
    .description('Create a new secret and print it once; the old one stays valid for a grace period')
    .addArgument(nameArgument())
    .option('--overlap <duration>', 'how long the old secret stays valid; 0s ends it at once', '24h')
    .option('--expires <duration>', 'let the robot account expire this long from now, as in 365d')
    .action(async (text: string, { overlap, expires }: RotateOptions, command: Command) => {
      const rotation = {
        overlap: readDuration('--overlap', overlap),
        expiresIn: expires === undefined ? undefined : readDuration('--expires', expires),
      };
      const { robot, secret, oldSecretsEndAt } = await withStore(command, (store) =>
        rotateRobotSecret(store, systemClock, text, rotation),
      );
      const oldEnd = formatTime(oldSecretsEndAt);
      say(`the new secret of ${robot.name} (it is shown only once); the old one is valid until ${oldEnd}:`);
      print(secret.reveal());
      sayExpiry(robot);
      if (robot.disabled)
        say(`${robot.name} is disabled: run "dockpass robot enable ${robot.name}" to let it log in`);
    });
}

function disableCommand(): Command {
  return new Command('disable')
    .description('Disable a robot account: it cannot log in, but keeps its secret')
    .addArgument(nameArgument())
    .action(async (text: string, _options: unknown, command: Command) => {
      const name = await withStore(command, (store) => disableRobot(store, systemClock, text));
      say(
        `${name} can no longer log in; registry tokens that were issued before stay valid until they expire`,
      );
    });
}

function enableCommand(): Command {
  return new Command('enable')
    .description('Let a disabled robot account log in again')
    .addArgument(nameArgument())
    .action(async (text: string, _options: unknown, command: Command) => {
      const name = await withStore(command, (store) => enableRobot(store, systemClock, text));
      say(`${name} can log in again`);
    });
}

function removeCommand(): Command {
  return new Command('remove')
    .description('Remove a robot account')
    .addArgument(nameArgument())
    .action(async (text: string, _options: unknown, command: Command) => {
      const name = await withStore(command, (store) => removeRobot(store, systemClock, text));
      say(`${name} is removed`);
    });
}

function nameArgument(): Argument {
  return new Argument('<name>', 'the name of the robot account');
}

function sayExpiry({ name, expiresAt }: Robot): void {
  if (expiresAt !== null) say(`${name} expires at ${formatTime(expiresAt)}`);
}

function stateOf(robot: Robot) {
  return robotState(robot, Math.floor(systemClock() / 1000));
}

/** A robot as `--json` shows it: without the hashes of its secrets. */
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
