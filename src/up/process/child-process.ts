import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { DockpassError } from '../../errors.ts';
import { parentDeathSignal } from './parent-death-signal.ts';
import type { SystemUser } from './system-user.ts';

/** How to run a program as a child process of `up`. */
export interface ChildCommand {
  /** The name that precedes each line of the child's output in the log: `registry` or `edge`. */
  readonly name: string;
  /** Path of the program. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The working directory of the program. By default, the program runs in the working directory of dockpass. */
  readonly cwd?: string;
  /** The user as whom the program runs. By default, it runs as the user of dockpass. */
  readonly user?: SystemUser;
  /** The signal that makes the program finish its open requests and exit. */
  readonly stopSignal: 'SIGTERM' | 'SIGQUIT';
  /** Output lines that match this pattern are not logged, because they do not help the user. */
  readonly noise?: RegExp;
}

export interface ChildProcess {
  readonly name: string;
  /**
   * Resolves with an error if the process exits before `stop` is called. The error contains the last lines that the
   * process printed.
   */
  readonly exited: Promise<DockpassError>;
  signal(signal: 'SIGHUP'): void;
  /** Sends the stop signal. Resolves when the process has exited. */
  stop(): Promise<void>;
}

/** The maximum number of output lines in the error message about a child process that exited unexpectedly. */
const quotedLineCount = 12;
/**
 * The time, in milliseconds, that a child process has to exit after its stop signal. After this time, dockpass kills
 * the process. If Caddy runs without an administration API, it waits at most 30 s for open requests (`grace_period` in
 * its configuration). So it exits before dockpass kills it.
 */
const stopTimeoutMs = 35_000;

/** Starts a program as a child process. @param print receives each line of the output of the child process */
export function startChild(program: ChildCommand, print: (line: string) => void): ChildProcess {
  const wrapper = parentDeathSignal('TERM');
  const [command = '', ...args] = [...wrapper, program.command, ...program.args];
  const child =
    program.user?.start([command, ...args], program) ??
    spawn(command, args, {
      env: program.env,
      cwd: program.cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      // Start the child in its own session, so that Ctrl-C in a terminal reaches only dockpass. dockpass then stops its
      // children in order.
      detached: true,
    });
  const kill = (signal: NodeJS.Signals): void => {
    if (program.user === undefined) child.kill(signal);
    else program.user.signal(child.pid, signal);
  };
  const lastLines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      if (program.noise?.test(line) === true) return;
      const text = printable(line);
      // A Go program that panics prints the reason and then a long stack trace. Keep the line with the reason, and omit
      // the trace.
      if (!lastLines.some((earlier) => earlier.startsWith('panic: '))) lastLines.push(text);
      if (lastLines.length > quotedLineCount) lastLines.shift();
      print(`${program.name} | ${text}`);
    });
  }
  let isStopping = false;
  // After the child has exited, kill the processes that the child has started. For example, if the master process of
  // nginx is killed, its workers keep running. They would occupy the port and hold the output pipes open, so the event
  // `close` would never occur.
  child.once('exit', () => killGroup(child.pid, program.user));
  // Wait for the event `close` and not for `exit`, because `exit` can occur before the last line of output is read.
  const closed = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? `code ${code ?? 'unknown'}`));
  });
  const exited = new Promise<DockpassError>((resolve) => {
    void closed.then((reason) => {
      if (!isStopping) resolve(exitError(basename(program.command), reason, lastLines));
    });
  });
  const stop = async (): Promise<void> => {
    isStopping = true;
    kill(program.stopSignal);
    const timer = setTimeout(() => kill('SIGKILL'), stopTimeoutMs);
    await Promise.race([closed, program.user?.ended ?? closed]);
    clearTimeout(timer);
  };
  return { name: program.name, exited, signal: kill, stop };
}

/**
 * Creates the error about a program that exited. @param reason `code 1`, `SIGKILL`, or why the program did not start
 */
function exitError(program: string, reason: string, lastLines: readonly string[]): DockpassError {
  const head = `${program} exited (${reason}); shutting down.`;
  const output = lastLines.map((line) => `    ${line}`);
  return new DockpassError(
    'part_failed',
    [output.length === 0 ? head : `${head} Last output:`, ...output].join('\n'),
  );
}

/** Kills all processes of a process group. The leader of the group has already exited. */
function killGroup(leader: number | undefined, user: SystemUser | undefined): void {
  if (leader === undefined) return;
  if (user !== undefined) return user.signal(-leader, 'SIGKILL');
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // The group is already empty.
  }
}

/**
 * Returns a line of output without color codes. All other control characters are replaced by text such as `\x07`,
 * because they could change the state of the user's terminal.
 */
function printable(line: string): string {
  return line
    .replace(/\x1b\[[0-9;]*m/g, '')
    .replace(
      /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g,
      (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
    );
}
