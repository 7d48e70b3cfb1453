import { createInterface } from 'node:readline/promises';
import { DockpassError } from '../errors.ts';

/**
 * Asks on the terminal before something is gone for good; `--yes` answers for scripts.
 * @param question ends with what will happen, without a question mark's choices
 * @throws DockpassError `not_confirmed` where the answer is no, or where nobody can be asked
 */
export async function confirm(question: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) {
    throw new DockpassError(
      'not_confirmed',
      'there is no terminal to ask, so nothing was done: give --yes if you are sure',
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim()))
      throw new DockpassError('not_confirmed', 'nothing was done, as you wished');
  } finally {
    terminal.close();
  }
}
