import { Argument, Command } from 'commander';
import { DockpassError } from '../../errors.ts';
import { robotState } from '../../identity/token/robot-state.ts';
import { createSecretToken } from '../../identity/token/secret-token.ts';
import { toCanonicalName, parseNewRobotName } from '../../identity/user-name.ts';
import type { OnlyRight, Ports, Robot, Store } from '../../store/store.ts';
import { withStore } from '../context.ts';
import { formatOnly, onlyOption, readDuration } from '../only-option.ts';
import { formatTime, print, printJson, printTable, say } from '../output.ts';

export function robotCommand(): Command {
  return new Command('robot')
    .description('machines: no password, but a secret that is shown once, and only what they were made for')
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(rotateCommand())
    .addCommand(disabledCommand('disable', true))
    .addCommand(disabledCommand('enable', false))
    .addCommand(removeCommand());
}

function createCommand(): Command {
  return new Command('create')
    .description('make one and print its secret, once: it cannot be shown again')
    .addArgument(nameArgument())
    .addOption(onlyOption().makeOptionMandatory())
    .option('--expires <duration>', 'how long it is good: 30d, 365d', '365d')
    .action(
      async (text: string, options: { only: readonly OnlyRight[]; expires: string }, command: Command) => {
        const name = parseNewRobotName(text);
        const at = Date.now();
        const createdAt = Math.floor(at / 1000);
        const expiresAt = createdAt + readDuration('--expires', options.expires);
        const { text: secret, token } = createSecretToken('dpr_', 20);
        const robot: Robot = {
          name,
          only: options.only,
          disabled: false,
          createdAt,
          expiresAt,
          lastUse: null,
        };
        const what = `robot ${name} created for ${formatOnly(options.only)}`;
        await withStore(command, (store) =>
          store.change({ at, subject: name, what }, async ({ users, robots }) => {
            if ((await users.find(name)) !== undefined) throw isUser(name);
            const first = { hash: token.hash, robot: name, createdAt, expiresAt: null };
            if (!(await robots.add(robot, first))) throw nameTaken(name);
          }),
        );
        say(`log in with the name ${name} and, as the password, this secret (shown only now):`);
        print(secret.reveal());
        say(`it expires at ${formatTime(expiresAt)}`);
      },
    );
}

function listCommand(): Command {
  return new Command('list')
    .description('all robots, with their last use: what was never used, or not for long, may be dead')
    .option('--json', 'for programs')
    .action(async (options: { json?: boolean }, command: Command) => {
      const robots = await withStore(command, (store) => store.robots.list());
      if (options.json === true) printJson(robots.map(publicView));
      else printTable(robots.map(row));
      const soon = robots.filter((robot) => robotState(robot, now()) === 'expires soon');
      if (soon.length > 0)
        say(
          `soon expired: ${soon.map(({ name }) => name).join(', ')}; "dockpass robot rotate NAME --expires 365d" renews one`,
        );
    });
}

function rotateCommand(): Command {
  return new Command('rotate')
    .description('make a new secret and print it, once; the old one works on for a while')
    .addArgument(nameArgument())
    .option('--overlap <duration>', 'how long the old secret still works; 0s ends it at once', '24h')
    .option('--expires <duration>', 'move the end of the robot: 365d from now')
    .action(async (text: string, options: { overlap: string; expires?: string }, command: Command) => {
      const name = toCanonicalName(text);
      const at = Date.now();
      const createdAt = Math.floor(at / 1000);
      const oldUntil = createdAt + readDuration('--overlap', options.overlap);
      const newEnd =
        options.expires === undefined ? undefined : createdAt + readDuration('--expires', options.expires);
      const { text: secret, token } = createSecretToken('dpr_', 20);
      const next = { hash: token.hash, robot: name, createdAt, expiresAt: null };
      const what = `secret of robot ${name} rotated`;
      const robot = await withStore(command, (store) =>
        store.change({ at, subject: name, what }, async ({ robots }) => {
          const known = await requireRobot({ robots }, name);
          if (newEnd === undefined && robotState(known, createdAt) === 'expired') throw expired(name);
          await robots.rotate(next, oldUntil, newEnd);
          return requireRobot({ robots }, name);
        }),
      );
      say(`the new secret of ${name} (shown only now); the old one ends at ${formatTime(oldUntil)}:`);
      print(secret.reveal());
      if (robot.expiresAt !== null) say(`the robot expires at ${formatTime(robot.expiresAt)}`);
      if (robot.disabled) say(`it is disabled: "dockpass robot enable ${name}" lets it in`);
    });
}

function disabledCommand(verb: 'disable' | 'enable', disabled: boolean): Command {
  return new Command(verb)
    .description(disabled ? 'refuse a robot, keeping its secret' : 'let a disabled robot in again')
    .addArgument(nameArgument())
    .action(async (text: string, _options: unknown, command: Command) => {
      const name = toCanonicalName(text);
      await changeRobot(command, name, `robot ${name} ${verb}d`, ({ robots }) =>
        robots.setDisabled(name, disabled),
      );
      say(
        `${name} is ${disabled ? 'refused' : 'let in'} from now on; registry tokens already given out live to their end`,
      );
    });
}

function removeCommand(): Command {
  return new Command('remove')
    .description('remove a robot for good')
    .addArgument(nameArgument())
    .action(async (text: string, _options: unknown, command: Command) => {
      const name = toCanonicalName(text);
      await changeRobot(command, name, `robot ${name} removed`, ({ robots }) => robots.remove(name));
      say(`${name} is removed`);
    });
}

async function changeRobot(
  command: Command,
  name: string,
  what: string,
  work: (ports: Ports) => Promise<boolean>,
): Promise<void> {
  await withStore(command, (store) =>
    store.change({ at: Date.now(), subject: name, what }, async (ports) => {
      if (!(await work(ports))) throw noSuchRobot(name);
    }),
  );
}

function nameArgument(): Argument {
  return new Argument('<name>', 'the robot');
}

async function requireRobot({ robots }: Pick<Store, 'robots'>, name: string): Promise<Robot> {
  const robot = await robots.find(name);
  if (robot === undefined) throw noSuchRobot(name);
  return robot;
}

function noSuchRobot(name: string): DockpassError {
  return new DockpassError(
    'no_such_robot',
    `there is no robot ${JSON.stringify(name.slice(0, 80))}: "dockpass robot list" shows all`,
  );
}

function nameTaken(name: string): DockpassError {
  return new DockpassError(
    'already_exists',
    `there is a robot ${name} already: choose another name, or give it a new secret with "dockpass robot rotate ${name}"`,
  );
}

/** Users and robots share one name space. */
function isUser(name: string): DockpassError {
  return new DockpassError('already_exists', `${name} is a user: choose another name for the robot`);
}

function expired(name: string): DockpassError {
  return new DockpassError(
    'bad_usage',
    `${name} has expired, and a new secret alone would not let it in: add --expires 365d`,
  );
}

/** What may be shown: everything but the secrets' hashes. */
function publicView(robot: Robot) {
  const { name, only, createdAt, expiresAt, lastUse } = robot;
  return {
    name,
    only,
    state: robotState(robot, now()),
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
    only: formatOnly(robot.only),
    state,
    expires: expires ?? 'never',
    'last used': lastUsed === null ? 'never' : `${lastUsed} from ${lastUsedFrom}`,
  };
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}
