import { createInterface } from 'node:readline/promises';
import { say } from '../output.ts';
import { EndedEarly } from './ended-early.ts';

export interface Terminal {
  /**
   * Asks a question. Returns undefined if the person ends the input (Ctrl-D).
   * @throws EndedEarly with the status 130 if the person presses Ctrl-C
   */
  ask(question: string): Promise<string | undefined>;
  close(): void;
}

/**
 * Opens the terminal for questions.
 * @param output receives the questions and what the person types. It must not be a file if the person types a secret
 */
export function openTerminal(
  output: NodeJS.WritableStream = process.stderr,
  options: { readonly terminal?: boolean } = {},
): Terminal {
  const terminal = createInterface({ input: process.stdin, output, ...options });
  const closed = new AbortController();
  let isInterrupted = false;
  terminal.once('SIGINT', () => {
    isInterrupted = true;
    terminal.close();
  });
  terminal.once('close', () => closed.abort());
  return {
    ask: async (question) => {
      try {
        return await terminal.question(question, { signal: closed.signal });
      } catch (cause) {
        if (!closed.signal.aborted) throw cause;
        // The cursor is still in the line of the question, so end this line.
        say('');
        if (isInterrupted) throw new EndedEarly(130, 'cancelled. Nothing was changed.');
        return undefined;
      }
    },
    close: () => terminal.close(),
  };
}
