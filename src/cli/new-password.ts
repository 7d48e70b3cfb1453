import { Writable } from 'node:stream';
import { DockpassError } from '../errors.ts';
import { Secret, withoutLineEnding } from '../secret.ts';
import type { PasswordChoice } from './administration/people.ts';
import type { PasswordOptions } from './options/password-options.ts';
import { say } from './output.ts';
import { openTerminal } from './terminal/terminal.ts';

/** Returns true if `readNewPassword` asks a person for the password. */
export function asksForPassword({ generate, passwordStdin }: PasswordOptions): boolean {
  return generate !== true && passwordStdin !== true;
}

/**
 * Returns the new password of a user. With `--password-stdin`, reads it from standard input. Without this option and
 * `--generate`, asks a person for it at the terminal.
 * @param minLength the minimum number of characters. If undefined, the rules for passwords are not checked at the
 *   terminal, but only where the password is stored
 * @throws DockpassError `bad_password`, `bad_usage`
 */
export async function readNewPassword(
  { generate, passwordStdin }: PasswordOptions,
  minLength: number | undefined,
): Promise<PasswordChoice> {
  if (generate === true && passwordStdin === true)
    throw new DockpassError('bad_usage', 'give --generate or --password-stdin, not both');
  if (generate === true) return { generate };
  return { password: passwordStdin === true ? await readStdin() : await promptTwice(minLength) };
}

/** Reads a password from standard input. A line ending at its end is not part of it. */
export async function readStdin(): Promise<Secret> {
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const chunk of process.stdin as AsyncIterable<string>) text += chunk;
  return new Secret(withoutLineEnding(text));
}

async function promptTwice(minLength: number | undefined): Promise<Secret> {
  if (!process.stdin.isTTY) {
    throw new DockpassError(
      'bad_usage',
      'cannot ask for the password, because there is no terminal: give --password-stdin or --generate',
    );
  }
  const length = minLength === undefined ? '' : ` (${Math.max(minLength, 1)} characters or more)`;
  const first = await promptPassword(`Password${length}: `);
  if (minLength !== undefined) {
    const { requirePasswordRules } = await import('../identity/password/password-rules.ts');
    // Check the rules before the second prompt, so that a person does not type an invalid password twice.
    requirePasswordRules(first, minLength);
  }
  if (first.reveal() !== (await promptPassword('Again: ')).reveal())
    throw new DockpassError('bad_password', 'the two passwords differ, so nothing was changed: try again');
  return first;
}

/** Asks a person for a password at the terminal, without showing what the person types. */
export async function promptPassword(question: string): Promise<Secret> {
  // readline writes each typed character to its output stream. This stream discards all characters, so that the
  // password does not appear on the terminal.
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = openTerminal(silent, { terminal: true });
  process.stderr.write(question);
  try {
    const typed = await terminal.ask('');
    if (typed === undefined)
      throw new DockpassError('not_confirmed', 'no password was typed, so nothing was changed');
    say('');
    return new Secret(typed);
  } finally {
    terminal.close();
  }
}
