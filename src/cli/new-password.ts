import { randomInt } from 'node:crypto';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { DockpassError } from '../errors.ts';
import { Secret } from '../secret.ts';
import { say } from './output.ts';

export interface PasswordOptions {
  readonly passwordStdin?: boolean;
  readonly generate?: boolean;
}

/** Passwords come by prompt, `--password-stdin` or `--generate`; an argument would stand in every process list. */
export function withPasswordOptions(command: Command): Command {
  return command
    .option('--password-stdin', 'read the password from standard input')
    .option('--generate', 'make a strong password and print it, once');
}

/** Is argon2id's input, and a Basic header must carry it. */
const maxLength = 1024;

/** @throws DockpassError `bad_password`, `bad_usage` */
export async function readNewPassword(
  options: PasswordOptions,
  minLength: number,
): Promise<{ password: Secret; generated: boolean }> {
  if (options.generate === true && options.passwordStdin === true) {
    throw new DockpassError('bad_usage', 'give either --generate or --password-stdin');
  }
  if (options.generate === true) return { password: new Secret(generate()), generated: true };
  const text = options.passwordStdin === true ? await readStdin() : await promptTwice(minLength);
  requireStrength(text, minLength);
  return { password: new Secret(text), generated: false };
}

/** 28 characters that survive shells, YAML and double clicks: 160 bits. */
function generate(): string {
  const alphabet = 'abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
  return Array.from({ length: 28 }, () => alphabet[randomInt(alphabet.length)]).join('');
}

function requireStrength(text: string, minLength: number): void {
  const length = [...text].length;
  if (length < Math.max(minLength, 1)) {
    throw new DockpassError(
      'bad_password',
      `the password has ${length} characters, it needs ${Math.max(minLength, 1)} (passwords.minLength); --generate makes a strong one`,
    );
  }
  if (Buffer.byteLength(text) > maxLength)
    throw new DockpassError('bad_password', `the password is longer than ${maxLength} bytes`);
  if (/[\0-\x1f\x7f]/.test(text))
    throw new DockpassError(
      'bad_password',
      'the password holds a control character, which no client can send',
    );
}

async function readStdin(): Promise<string> {
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const chunk of process.stdin as AsyncIterable<string>) text += chunk;
  // echo and most editors end the line; that newline is not the password's.
  return text.replace(/\r?\n$/, '');
}

async function promptTwice(minLength: number): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new DockpassError(
      'bad_usage',
      'there is no terminal to ask for the password: give --password-stdin or --generate',
    );
  }
  const first = await prompt(`Password (${Math.max(minLength, 1)} characters or more): `);
  // Before it has to be typed again.
  requireStrength(first, minLength);
  if (first !== (await prompt('Again: ')))
    throw new DockpassError('bad_password', 'the two differ; nothing was changed');
  return first;
}

async function prompt(question: string): Promise<string> {
  // readline echoes what is typed to its output: this one swallows it.
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
  process.stderr.write(question);
  try {
    return await terminal.question('');
  } finally {
    terminal.close();
    say('');
  }
}
