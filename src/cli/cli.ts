import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { DockpassError, messageOf } from '../errors.ts';
import { auditCommand } from './audit.ts';
import { backupCommand, restoreCommand } from './backup.ts';
import { checkCommand } from './check.ts';
import { doctorCommand } from './doctor.ts';
import { explainCommand } from './explain.ts';
import { grantCommand } from './grant.ts';
import { groupCommand } from './group.ts';
import { importCommand } from './import.ts';
import { initCommand } from './init.ts';
import { keysCommand } from './keys.ts';
import { repoCommand } from './repo.ts';
import { robotCommand } from './robot.ts';
import { serveCommand } from './serve.ts';
import { sessionCommand } from './session.ts';
import { tokenCommand } from './token.ts';
import { upCommand } from './up.ts';
import { userCommand } from './user.ts';

/** 0 done, 1 refused or failed, 2 wrong usage. */
export async function runCli(argv: readonly string[]): Promise<number> {
  const program = createProgram();
  try {
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

/** The command table. */
function createProgram(): Command {
  const program = new Command('dockpass')
    .description('The token server in front of your own Docker registry.')
    .version(version())
    .option(
      '--config <file>',
      'the configuration file (else DOCKPASS_CONFIG, ./dockpass.yml, /etc/dockpass/dockpass.yml)',
    )
    .addCommand(upCommand())
    .addCommand(serveCommand())
    .addCommand(initCommand())
    .addCommand(checkCommand())
    .addCommand(doctorCommand())
    .addCommand(userCommand())
    .addCommand(groupCommand())
    .addCommand(grantCommand())
    .addCommand(explainCommand())
    .addCommand(auditCommand())
    .addCommand(tokenCommand())
    .addCommand(robotCommand())
    .addCommand(sessionCommand())
    .addCommand(importCommand())
    .addCommand(backupCommand())
    .addCommand(restoreCommand())
    .addCommand(keysCommand())
    .addCommand(repoCommand());
  forEachCommand(program, (command) => {
    command.exitOverride().showHelpAfterError('(add --help for the ways to call it)');
    // --config is understood before the command and after it.
    if (command !== program && command.commands.length === 0)
      command.option('--config <file>', 'the configuration file');
  });
  return program;
}

function forEachCommand(command: Command, visit: (command: Command) => void): void {
  visit(command);
  for (const child of command.commands) forEachCommand(child, visit);
}

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}
