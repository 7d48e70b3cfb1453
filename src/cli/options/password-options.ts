import type { Command } from 'commander';

export interface PasswordOptions {
  readonly passwordStdin?: boolean;
  readonly generate?: boolean;
}

/**
 * Adds the options `--password-stdin` and `--generate` to a command. No option takes the password itself, because every
 * user of the machine can see the arguments of a command in the process list.
 */
export function withPasswordOptions(command: Command): Command {
  return command
    .option('--password-stdin', 'Read the password from standard input')
    .option('--generate', 'Generate a strong password and print it once');
}
