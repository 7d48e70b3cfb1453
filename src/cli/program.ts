import { Command } from 'commander';
import { addAlias, CliCommand } from './cli-command.ts';
import { errorPrefix } from './output.ts';
import { describeVersion } from './version.ts';

/**
 * All commands, in the order in which the help lists them. The file of a command is loaded only when the command is
 * needed, so that dockpass starts fast.
 */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  up: async () => (await import('./commands/up.ts')).upCommand(),
  serve: async () => (await import('./commands/serve.ts')).serveCommand(),
  init: async () => (await import('./commands/init.ts')).initCommand(),
  check: async () => (await import('./commands/check.ts')).checkCommand(),
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand(),
  user: async () => (await import('./commands/user.ts')).userCommand(),
  group: async () => (await import('./commands/group.ts')).groupCommand(),
  grant: async () => (await import('./commands/grant.ts')).grantCommand(),
  explain: async () => (await import('./commands/explain.ts')).explainCommand(),
  audit: async () => (await import('./commands/audit.ts')).auditCommand(),
  token: async () => (await import('./commands/token.ts')).tokenCommand(),
  robot: async () => (await import('./commands/robot.ts')).robotCommand(),
  session: async () => (await import('./commands/session.ts')).sessionCommand(),
  import: async () => (await import('./commands/import.ts')).importCommand(),
  keys: async () => (await import('./commands/keys.ts')).keysCommand(),
  repo: async () => (await import('./commands/repo.ts')).repoCommand(),
  backup: async () => (await import('./commands/backup.ts')).backupCommand(),
  restore: async () => (await import('./commands/backup.ts')).restoreCommand(),
  'move-store': async () => (await import('./commands/move-store.ts')).moveStoreCommand(),
  completion: async () => (await import('./commands/completion.ts')).completionCommand(createFullProgram),
};

/** Creates the program with every command, for the help, the completion scripts and the man page. */
export function createFullProgram(): Promise<Command> {
  return build(Object.values(commands));
}

/**
 * Creates the program with only the command that the arguments name. If they do not name a command (`--help`, a typing
 * error), the program has all commands, so that the help and the suggestions are complete.
 * @param argv as in `process.argv`: node, the script, then the arguments
 */
export function createProgramFor(argv: readonly string[]): Promise<Command> {
  const word = calledCommand(argv);
  const load = word !== undefined && Object.hasOwn(commands, word) ? commands[word] : undefined;
  return load === undefined ? createFullProgram() : build([load]);
}

/**
 * Returns the first argument that does not belong to `--config FILE`. Usually this is the name of a command, such as
 * `user`, but it can also be an option or a typing error. Returns undefined if there is no such argument.
 */
export function calledCommand(argv: readonly string[]): string | undefined {
  let at = 2;
  // Skip --config, which can come before the command, as in `dockpass --config FILE user list`.
  while (argv[at]?.startsWith('--config') === true) at += argv[at] === '--config' ? 2 : 1;
  return argv[at];
}

async function build(loaders: readonly (() => Promise<Command>)[]): Promise<Command> {
  const program = new CliCommand('dockpass')
    .description('The token server in front of your own Docker registry')
    .version(describeVersion(), '-V, --version', 'Show the versions of dockpass and Node, and the build')
    .option(
      '--config <file>',
      'Read this configuration file (default: the file in DOCKPASS_CONFIG, otherwise ./dockpass.yml or /etc/dockpass/dockpass.yml)',
    )
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
    else if (command !== program) command.option('--config <file>', 'Read this configuration file');
  });
  return program;
}

/** Replaces the prefix `error:` of commander's messages with the prefix of all other dockpass errors. */
function writeUsageError(text: string, write: (text: string) => void): void {
  write(text.replace(/^error:/, errorPrefix()));
}

function forEachCommand(command: Command, visit: (command: Command) => void): void {
  visit(command);
  for (const child of command.commands) forEachCommand(child, visit);
}
