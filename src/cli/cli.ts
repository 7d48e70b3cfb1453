import { CommanderError } from 'commander';
import { DockpassError, messageOf } from '../errors.ts';
import type { SystemUsers } from '../up/process/system-user.ts';
import { say, sayError } from './output.ts';
import { EndedEarly } from './terminal/ended-early.ts';
import { createProgramFor } from './program.ts';
import { sayChangedDatabase } from './running/changed-database.ts';

export type { SystemUsers } from '../up/process/system-user.ts';

/**
 * Runs one command line.
 * @param argv the command line, in the form of `process.argv`: node, the script, then the arguments
 * @param users the users as whom `up` can run the registry and the edge
 * @returns the exit status: 0 if the command succeeded, 1 if it was denied or failed, 2 if the command line is wrong,
 *   130 if a person interrupted a question
 */
export async function runCli(argv: readonly string[], users?: SystemUsers): Promise<number> {
  try {
    const program = await createProgramFor(argv, users);
    await program.parseAsync(argv);
    // Some commands report problems without an exception: for example, `doctor` prints the problems that it finds and
    // sets process.exitCode to 1.
    return process.exitCode === 1 ? 1 : 0;
  } catch (error) {
    // Print nothing for a CommanderError, because commander has already printed the help or the error message.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof EndedEarly) {
      if (error.status === 0) say(error.message);
      else sayError(error.message);
      return error.status;
    }
    for (const line of messageOf(error).split('\n')) sayError(line);
    // An error that is not a DockpassError is a bug in dockpass. Print its stack trace, because a bug report needs it.
    if (!(error instanceof DockpassError) && error instanceof Error) say(error.stack ?? '');
    return error instanceof DockpassError && error.code === 'bad_usage' ? 2 : 1;
  } finally {
    sayChangedDatabase();
  }
}
