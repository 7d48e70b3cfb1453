import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { DockpassError, messageOf } from '../errors.ts';
import { packageFolder } from '../package-folder.ts';

/** The command table. A command's file is loaded only where it is called, or all are listed: starting costs less. */
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
  'move-store': async () => (await import('./commands/move-store.ts')).moveStoreCommand(),
  restore: async () => (await import('./commands/backup.ts')).restoreCommand(),
};

/** 0 done, 1 refused or failed, 2 wrong usage. */
export async function runCli(argv: readonly string[]): Promise<number> {
  try {
    const program = await createProgram(argv);
    await program.parseAsync(argv);
    // A command that found something wrong has said so itself.
    return process.exitCode === 1 ? 1 : 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    for (const line of messageOf(error).split('\n')) process.stderr.write(`dockpass: ${line}\n`);
    // What we did not throw on purpose is a fault of ours: its trace helps whoever reports it.
    if (!(error instanceof DockpassError) && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    return error instanceof DockpassError && error.code === 'bad_usage' ? 2 : 1;
  }
}

async function createProgram(argv: readonly string[]): Promise<Command> {
  const program = new Command('dockpass')
    .description('The token server in front of your own Docker registry.')
    .version(version())
    .option(
      '--config <file>',
      'the configuration file (else DOCKPASS_CONFIG, ./dockpass.yml, /etc/dockpass/dockpass.yml)',
    );
  for (const load of called(argv)) program.addCommand(await load());
  forEachCommand(program, (command) => {
    command.exitOverride().showHelpAfterError('(add --help for the ways to call it)');
    // --config is understood before the command and after it.
    if (command !== program && command.commands.length === 0)
      command.option('--config <file>', 'the configuration file');
  });
  return program;
}

/** The one that the words after `dockpass` name; all of them where that is not plain. */
function called(argv: readonly string[]): (() => Promise<Command>)[] {
  const word = argv[2] ?? '';
  const named = Object.hasOwn(commands, word) ? commands[word] : undefined;
  return named === undefined ? Object.values(commands) : [named];
}

function forEachCommand(command: Command, visit: (command: Command) => void): void {
  visit(command);
  for (const child of command.commands) forEachCommand(child, visit);
}

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL('package.json', packageFolder), 'utf8')) as {
    version: string;
  };
  return version;
}
