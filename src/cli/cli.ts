import { CommanderError } from 'commander';
import { DockpassError, messageOf } from '../errors.ts';
import { errorPrefix } from './output.ts';
import { createProgramFor } from './program.ts';

export { calledCommand } from './program.ts';

/**
 * Runs one command line.
 * @param argv as in `process.argv`: node, the script, then the arguments
 * @returns the exit status: 0 done, 1 denied or failed, 2 wrong usage
 */
export async function runCli(argv: readonly string[]): Promise<number> {
  try {
    const program = await createProgramFor(argv);
    await program.parseAsync(argv);
    // A command that reports a problem without an exception sets process.exitCode and has printed the reason.
    return process.exitCode === 1 ? 1 : 0;
  } catch (error) {
    // commander has printed its own message.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    for (const line of messageOf(error).split('\n')) process.stderr.write(`${errorPrefix()} ${line}\n`);
    // Any other error is a bug in dockpass. Its stack trace belongs into the bug report.
    if (!(error instanceof DockpassError) && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    return error instanceof DockpassError && error.code === 'bad_usage' ? 2 : 1;
  }
}
