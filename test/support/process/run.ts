import { spawn } from 'node:child_process';
import { childEnvironment } from '../run/environment.ts';
import { keepText, registerSecret } from '../run/evidence.ts';

export interface RunOptions {
  readonly cwd?: string;
  /** Beside PATH, HOME and LANG: nothing else is handed on (environment.ts). */
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads on stdin; nothing unless said. */
  readonly input?: string | Buffer;
  /** Milliseconds until SIGKILL, 60,000 unless said. */
  readonly timeout?: number;
}

/** How a command ended. A status other than 0 is an answer, not an exception: tests look at it. */
export interface Ran {
  readonly command: string;
  /** The exit status; a signal counts as 128, as a shell would say it. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Both, as they came. */
  readonly output: string;
}

/** Runs a command to its end. Rejects only where it cannot be started or takes too long. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { input, timeout = 60_000 } = options;
  const text = [command, ...args].join(' ');
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], {
      cwd: options.cwd,
      env: childEnvironment(options.env),
      stdio: 'pipe',
    });
    const said = { stdout: '', stderr: '', both: '' };
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      said.stdout += chunk;
      said.both += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      said.stderr += chunk;
      said.both += chunk;
    });
    // A command that does not read its input closes the pipe: that is its affair.
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
      noteSecrets(text, input, said.stdout);
      // Where it worked, stdout may be the secret that was asked for.
      keepText('commands', status === 0 ? said.stderr : said.both);
      if (isLate) reject(new Error(`${text}\ntook more than ${timeout} ms\n${said.both}`));
      else
        resolve({
          command: text,
          status: status ?? 128,
          stdout: said.stdout,
          stderr: said.stderr,
          output: said.both,
        });
    });
  });
}

/** The same for a step that has to work: rejects with what the command said where it did not. */
export async function mustRun(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ran> {
  return succeeded(await run(command, args, options));
}

/** The answer itself, if the command succeeded. @throws Error with what it said, if not */
export function succeeded(ran: Ran): Ran {
  if (ran.status !== 0) throw new Error(`${ran.command}\nended with ${ran.status}\n${ran.output}`);
  return ran;
}

/** The passwords that go into a command, and that it makes. */
function noteSecrets(command: string, input: RunOptions['input'], stdout: string): void {
  if (command.includes('--password-stdin'))
    for (const line of linesOf(String(input ?? ''))) registerSecret(line);
  if (command.includes('--generate'))
    for (const line of linesOf(stdout)) if (/^\S{15,}$/.test(line)) registerSecret(line);
}

function linesOf(text: string): string[] {
  return text.split(/\r?\n/);
}
