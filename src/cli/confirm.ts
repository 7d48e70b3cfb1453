import { DockpassError } from '../errors.ts';
import type { DryRunOption, YesOption } from './cli-command.ts';
import { escapeControls } from './output.ts';
import { EndedEarly } from './terminal/ended-early.ts';

/**
 * Asks the person at the terminal to confirm a change. Does not ask if the command line contains `--yes`. With
 * `--dry-run`, says what the command would do, and ends the command with the status 0.
 * @param question a yes-or-no question that begins with a verb and ends with a question mark, such as `Remove the user
 *   alice?`
 * @param withoutTerminal what to do if stdin is not a terminal and `--yes` is missing: `proceed` returns without a
 *   question, and `require --yes` throws an error
 * @throws DockpassError `not_confirmed` if the person does not answer yes, or if `require --yes` applies
 * @throws EndedEarly with `--dry-run`, or if the person presses Ctrl-C
 */
export async function confirm(
  question: string,
  options: YesOption & DryRunOption,
  withoutTerminal: 'proceed' | 'require --yes' = 'proceed',
): Promise<void> {
  endDryRun(question, options);
  if (options.yes === true) return;
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

/** Returns true if `confirm` with these options asks a person, or says what the command would do. */
export function isConfirmationNeeded({ yes, dryRun }: YesOption & DryRunOption): boolean {
  return dryRun === true || (yes !== true && process.stdin.isTTY);
}

/**
 * With `--dry-run`, says what the command would do, and ends the command with the status 0. Call this function before a
 * change that needs no confirmation.
 * @param action what the command does, such as `Remove the user alice`; it can end with a question mark
 * @throws EndedEarly with `--dry-run`
 */
export function endDryRun(action: string, { dryRun }: DryRunOption): void {
  if (dryRun !== true) return;
  const what = `${action.charAt(0).toLowerCase()}${action.slice(1).replace(/\?$/, '')}`;
  throw new EndedEarly(0, `nothing was changed. Without --dry-run, this command would ${what}.`);
}

/** Asks a yes-or-no question at the terminal. Returns true for yes. The end of the input (Ctrl-D) counts as no. */
async function askYesOrNo(question: string): Promise<boolean> {
  const { openTerminal } = await import('./terminal/terminal.ts');
  const terminal = openTerminal();
  try {
    const answer = await terminal.ask(`${escapeControls(question)} [y/N] `);
    return /^y(es)?$/i.test(answer?.trim() ?? '');
  } finally {
    terminal.close();
  }
}
