import { spawn } from 'node:child_process';
import { childEnvironment } from '../run/environment.ts';
import { keepText, registerSecret } from '../run/evidence.ts';

export interface RunOptions {
  readonly cwd?: string;
  /** Variables in addition to those of `childEnvironment` (environment.ts). The command gets no others. */
  readonly env?: Readonly<Record<string, string>>;
  /** The input of the command on stdin. Default: no input. */
  readonly input?: string | Buffer;
  /** Milliseconds until the command is killed with SIGKILL. Default: 100,000. */
  readonly timeout?: number;
}

/** The result of a command. A status other than 0 is no exception, so that tests can check it. */
export interface Ran {
  readonly command: string;
  /** The exit status, or 128 if a signal ended the command. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout and stderr together, in the order of arrival. */
  readonly output: string;
}

/** Runs a command until it ends. Rejects only if the command cannot be started or takes too long. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { input, timeout = 100_000 } = options;
  const text = [command, ...args].join(' ');
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], {
      cwd: options.cwd,
      env: childEnvironment(options.env),
      stdio: 'pipe',
    });
    const output = { stdout: '', stderr: '', both: '' };
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output.stdout += chunk;
      output.both += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      output.stderr += chunk;
      output.both += chunk;
    });
    // A command may end without reading its input. Writing to its closed stdin is not an error of the test.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
    }, timeout);
    child.once('error', (cause) => {
      clearTimeout(timer);
      reject(new Error(`could not start ${command}`, { cause }));
    });
    child.once('close', (status) => {
      clearTimeout(timer);
      registerPasswords(text, input, output.stdout);
      // If the command succeeded, its stdout may be a secret that it was asked to print, so stdout is not kept.
      keepText('commands', status === 0 ? output.stderr : output.both);
      if (isLate) reject(new Error(`${text}\ntook more than ${timeout} ms\n${output.both}`));
      else
        resolve({
          command: text,
          status: status ?? 128,
          stdout: output.stdout,
          stderr: output.stderr,
          output: output.both,
        });
    });
  });
}

/** Runs a command that must succeed. If it fails, rejects with its output. */
export async function mustRun(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ran> {
  return succeeded(await run(command, args, options));
}

/** Returns the result of a command that succeeded. @throws Error with its output if the command failed */
export function succeeded(ran: Ran): Ran {
  if (ran.status !== 0) throw new Error(`${ran.command}\nexited with status ${ran.status}\n${ran.output}`);
  return ran;
}

/** Registers the passwords that a command reads from stdin or generates, so that leaks of them are found. */
function registerPasswords(command: string, input: RunOptions['input'], stdout: string): void {
  if (command.includes('--password-stdin'))
    for (const line of linesOf(String(input ?? ''))) registerSecret(line);
  if (command.includes('--generate'))
    for (const line of linesOf(stdout)) if (/^\S{15,}$/.test(line)) registerSecret(line);
}

function linesOf(text: string): string[] {
  return text.split(/\r?\n/);
}
