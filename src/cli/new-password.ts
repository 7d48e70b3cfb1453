import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { DockpassError } from '../errors.ts';
import { generatePassword, requirePasswordRules } from '../identity/password/password-rules.ts';
import { Secret } from '../secret.ts';
import { say } from './output.ts';

export interface PasswordOptions {
  readonly passwordStdin?: boolean;
  readonly generate?: boolean;
}

/**
 * Adds the options `--password-stdin` and `--generate`. A password is never an argument, because the process list shows
 * arguments to every user of the machine.
 */
export function withPasswordOptions(command: Command): Command {
  return command
    .option('--password-stdin', 'Read the password from standard input')
    .option('--generate', 'Generate a strong password and print it once');
}

/**
 * Gets a new password in the way that the options name; without an option, it asks at the terminal.
 * @throws DockpassError `bad_password`, `bad_usage`
 */
export async function readNewPassword(
  { generate, passwordStdin }: PasswordOptions,
  minLength: number,
): Promise<{ password: Secret; generated: boolean }> {
  if (generate === true && passwordStdin === true)
    throw new DockpassError('bad_usage', 'give either --generate or --password-stdin');
  if (generate === true) return { password: generatePassword(), generated: true };
  const password = passwordStdin === true ? await readStdin() : await promptTwice(minLength);
  requirePasswordRules(password, minLength);
  return { password, generated: false };
}

async function readStdin(): Promise<Secret> {
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const chunk of process.stdin as AsyncIterable<string>) text += chunk;
  // `echo` and most editors end the line; that line break is not part of the password.
  return new Secret(text.replace(/\r?\n$/, ''));
}

async function promptTwice(minLength: number): Promise<Secret> {
  if (!process.stdin.isTTY) {
    throw new DockpassError(
      'bad_usage',
      'there is no terminal to ask for the password: give --password-stdin or --generate',
    );
  }
  const first = await prompt(`Password (${Math.max(minLength, 1)} characters or more): `);
  // Checked now, so that a password that breaks the rules is not typed a second time.
  requirePasswordRules(first, minLength);
  if (first.reveal() !== (await prompt('Again: ')).reveal())
    throw new DockpassError('bad_password', 'the two passwords differ, so nothing was changed: try again');
  return first;
}

async function prompt(question: string): Promise<Secret> {
  // readline writes each typed character to its output. This output discards it, so the password is not visible.
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
  process.stderr.write(question);
  try {
    return new Secret(await terminal.question(''));
  } finally {
    terminal.close();
    say('');
  }
}
