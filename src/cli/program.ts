import { Command, Option } from 'commander';
import { DockpassError } from '../errors.ts';
import { calledCommand } from './called-command.ts';
import { addAlias, CliCommand } from './cli-command.ts';
import { errorPrefix } from './output.ts';
import { describeVersion } from './version.ts';
import type { SystemUsers } from '../up/process/system-user.ts';

/**
 * For each command name, a function that imports and creates the command. The help lists the commands in this order.
 * Only the command that is needed is imported, so that dockpass starts fast.
 */
const commands: Readonly<Record<string, (users?: SystemUsers) => Promise<Command>>> = {
  up: async (users) => (await import('./commands/up.ts')).upCommand(users),
  serve: async () => (await import('./commands/serve.ts')).serveCommand(),
  init: async () => (await import('./commands/init.ts')).initCommand(),
  check: async () => (await import('./commands/check.ts')).checkCommand(),
  status: async () => (await import('./commands/status.ts')).statusCommand(),
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand(),
  user: async () => (await import('./commands/user.ts')).userCommand(),
  group: async () => (await import('./commands/group.ts')).groupCommand(),
  grant: async () => (await import('./commands/grant.ts')).grantCommand(),
  explain: async () => (await import('./commands/explain.ts')).explainCommand(),
  audit: async () => (await import('./commands/audit.ts')).auditCommand(),
  token: async () => (await import('./commands/token.ts')).tokenCommand(),
  robot: async () => (await import('./commands/robot.ts')).robotCommand(),
  trust: async () => (await import('./commands/trust.ts')).trustCommand(),
  session: async () => (await import('./commands/session.ts')).sessionCommand(),
  login: async () => (await import('./commands/login.ts')).loginCommand(),
  logout: async () => (await import('./commands/login.ts')).logoutCommand(),
  kubernetes: async () => (await import('./commands/kubernetes.ts')).kubernetesCommand(),
  import: async () => (await import('./commands/import.ts')).importCommand(),
  keys: async () => (await import('./commands/keys.ts')).keysCommand(),
  repo: async () => (await import('./commands/repo.ts')).repoCommand(),
  usage: async () => (await import('./commands/usage.ts')).usageCommand(),
  retention: async () => (await import('./commands/retention.ts')).retentionCommand(),
  gc: async () => (await import('./commands/gc.ts')).gcCommand(),
  writes: async () => (await import('./commands/writes.ts')).writesCommand(),
  backup: async () => (await import('./commands/backup.ts')).backupCommand(),
  restore: async () => (await import('./commands/backup.ts')).restoreCommand(),
  'move-store': async () => (await import('./commands/move-store.ts')).moveStoreCommand(),
  completion: async () => (await import('./commands/completion.ts')).completionCommand(createFullProgram),
};

/** The commands that can also work through the administration API of a server. */
const remoteCommands: ReadonlySet<string> = new Set([
  ...['user', 'group', 'grant', 'explain', 'audit', 'token', 'robot', 'trust', 'session', 'repo', 'usage'],
  ...['retention', 'login', 'logout'],
]);

/**
 * Creates the commander program with all commands. The help, the completion scripts and the man page need all of them.
 */
export function createFullProgram(): Promise<Command> {
  return build(Object.values(commands));
}

/**
 * Creates the commander program for one command line. It contains only the command that the arguments name. If the
 * arguments name no command (for example `--help`, or a name with a typing error), the program contains all commands,
 * so that the help lists all of them and commander can suggest a similar name.
 * @param argv the command line, in the form of `process.argv`: node, the script, then the arguments
 * @param users the users as whom `up` can run the registry and the edge
 */
export function createProgramFor(argv: readonly string[], users?: SystemUsers): Promise<Command> {
  const word = calledCommand(argv);
  const load = word !== undefined && Object.hasOwn(commands, word) ? commands[word] : undefined;
  return load === undefined ? createFullProgram() : build([() => load(users)]);
}

async function build(loaders: readonly (() => Promise<Command>)[]): Promise<Command> {
  const program = new CliCommand('dockpass')
    .description('The token server in front of your own Docker registry')
    .version(describeVersion(), '-V, --version', 'Show the versions of dockpass and Node, and the build')
    .option(
      '--config <file>',
      'Read this configuration file (default: the file that DOCKPASS_CONFIG names, otherwise ./dockpass.yml or /etc/dockpass/dockpass.yml)',
    )
    .addOption(urlOption())
    .hook('preAction', (_program, command) => requireLocalCommand(command))
    .examples('dockpass up', 'dockpass user add alice --role reader', 'dockpass help user');
  for (const load of loaders) program.addCommand(await load());
  forEachCommand(program, (command) => {
    command
      .exitOverride()
      .showHelpAfterError('Run the command with --help to see how to use it.')
      .configureOutput({ outputError: writeUsageError });
    addAlias(command);
    if (command.commands.length > 0) command.helpCommand('help [command]', 'Show the help of a command');
    // Each command gets --config too, so that the option works before and after the name of the command.
    else if (command !== program) {
      command.option('--config <file>', 'Read this configuration file');
      command.addOption(urlOption().hideHelp(!remoteCommands.has(topLevelName(command))));
    }
  });
  return program;
}

function urlOption(): Option {
  return new Option(
    '--url <url>',
    'Use the administration API of this server instead of the database (default: the environment variable DOCKPASS_URL)',
  );
}

/** @throws DockpassError `bad_usage` if the command line contains `--url`, but the command cannot use it */
function requireLocalCommand(command: Command): void {
  const name = topLevelName(command);
  if (remoteCommands.has(name) || command.optsWithGlobals<{ url?: string }>().url === undefined) return;
  throw new DockpassError(
    'bad_usage',
    `"dockpass ${name}" does not work with --url, because it needs the files of the installation. Run it on the machine of the server.`,
  );
}

/** Returns the name of the command below `dockpass`: `user` for `dockpass user list`. */
function topLevelName(command: Command): string {
  let found = command;
  while (found.parent?.parent) found = found.parent;
  return found.name();
}

/** Writes an error message of commander. Replaces its prefix `error:` with the prefix of all other dockpass errors. */
function writeUsageError(text: string, write: (text: string) => void): void {
  write(text.replace(/^error:/, errorPrefix()));
}

function forEachCommand(command: Command, visit: (command: Command) => void): void {
  visit(command);
  for (const child of command.commands) forEachCommand(child, visit);
}
