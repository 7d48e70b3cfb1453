import { Writable } from 'node:stream';
import { DockpassError } from '../errors.ts';
import { generatePassword, requirePasswordRules } from '../identity/password/password-rules.ts';
import { Secret, withoutLineEnding } from '../secret.ts';
import type { PasswordOptions } from './options/password-options.ts';
import { say } from './output.ts';
import { openTerminal } from './terminal/terminal.ts';

/**
 * Returns a new password. With `--generate`, generates it. With `--password-stdin`, reads it from standard input.
 * Without these options, asks a person for it at the terminal.
 * @throws DockpassError `bad_password`, `bad_usage`
 */
export async function readNewPassword(
  { generate, passwordStdin }: PasswordOptions,
  minLength: number,
): Promise<{ password: Secret; generated: boolean }> {
  if (generate === true && passwordStdin === true)
    throw new DockpassError('bad_usage', 'give --generate or --password-stdin, not both');
  if (generate === true) return { password: generatePassword(minLength), generated: true };
  const password = passwordStdin === true ? await readStdin() : await promptTwice(minLength);
  requirePasswordRules(password, minLength);
  return { password, generated: false };
}

async function readStdin(): Promise<Secret> {
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const chunk of process.stdin as AsyncIterable<string>) text += chunk;
  return new Secret(withoutLineEnding(text));
}

async function promptTwice(minLength: number): Promise<Secret> {
  if (!process.stdin.isTTY) {
    throw new DockpassError(
      'bad_usage',
      'cannot ask for the password, because there is no terminal: give --password-stdin or --generate',
    );
  }
  const first = await prompt(`Password (${Math.max(minLength, 1)} characters or more): `);
  // Check the rules before the second prompt, so that a person does not type an invalid password twice.
  requirePasswordRules(first, minLength);
  if (first.reveal() !== (await prompt('Again: ')).reveal())
    throw new DockpassError('bad_password', 'the two passwords differ, so nothing was changed: try again');
  return first;
}

async function prompt(question: string): Promise<Secret> {
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
