import { createInterface } from 'node:readline/promises';
import { DockpassError } from '../errors.ts';
import type { YesOption } from './cli-command.ts';

/**
 * Before a change that cannot be undone, asks for confirmation at the terminal. With `--yes`, this function does not
 * ask.
 * @param question a yes-or-no question that ends with a question mark, such as `Remove the user alice?`
 * @param withoutTerminal what to do if stdin is not a terminal: `proceed` without asking, or `require --yes`
 * @throws DockpassError `not_confirmed` if the answer is not yes, or if `--yes` is required and missing
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

/** Asks a yes-or-no question at the terminal. Ctrl-C and the end of the input count as no. */
async function askYesOrNo(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new AbortController();
  terminal.once('close', () => closed.abort());
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal: closed.signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch (cause) {
    if (closed.signal.aborted) return false;
    throw cause;
  } finally {
    terminal.close();
  }
}
