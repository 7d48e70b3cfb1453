import { createInterface } from 'node:readline/promises';
import { DockpassError } from '../errors.ts';
import type { YesOption } from './cli-command.ts';
import { escapeControls } from './output.ts';

/**
 * Asks the person at the terminal to confirm a change. Does not ask if the command line contains `--yes`.
 * @param question a yes-or-no question that ends with a question mark, such as `Remove the user alice?`
 * @param withoutTerminal what to do if stdin is not a terminal and `--yes` is missing: `proceed` returns without a
 *   question, and `require --yes` throws an error
 * @throws DockpassError `not_confirmed` if the person does not answer yes, or if `require --yes` applies
 */
export async function confirm(
  question: string,
  { yes }: YesOption,
  withoutTerminal: 'proceed' | 'require --yes' = 'proceed',
): Promise<void> {
  if (yes === true) return;
  if (!process.stdin.isTTY) {
    if (withoutTerminal === 'proceed') return;
    throw new DockpassError(
      'not_confirmed',
      'nothing was changed, because there is no terminal to ask for confirmation. Run the command again with --yes.',
    );
  }
  if (!(await askYesOrNo(question)))
    throw new DockpassError('not_confirmed', 'cancelled. Nothing was changed.');
}

/** Asks a yes-or-no question at the terminal. Returns true for yes. Ctrl-C and the end of the input count as no. */
async function askYesOrNo(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new AbortController();
  terminal.once('close', () => closed.abort());
  try {
    const answer = await terminal.question(`${escapeControls(question)} [y/N] `, { signal: closed.signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch (cause) {
    if (closed.signal.aborted) return false;
    throw cause;
  } finally {
    terminal.close();
  }
}
