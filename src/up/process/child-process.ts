import { spawn, spawnSync } from 'node:child_process';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { DockpassError } from '../../errors.ts';

/** How to run a program as a child process of `up`. */
export interface ChildCommand {
  /** Precedes each line of the child's output in the log: `registry` or `edge`. */
  readonly name: string;
  /** Path of the program. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Default: the working directory of dockpass. */
  readonly cwd?: string;
  /** The signal after which the program finishes open requests and then exits. */
  readonly stopSignal: 'SIGTERM' | 'SIGQUIT';
  /** Output lines that match are not logged, because they would only distract. */
  readonly noise?: RegExp;
}

export interface ChildProcess {
  readonly name: string;
  /** Resolves if the process exits although no one called `stop`. The error contains the last lines of its output. */
  readonly exited: Promise<DockpassError>;
  signal(signal: 'SIGHUP'): void;
  /** Resolves when the process has exited. */
  stop(): Promise<void>;
}

/** How many lines of output the error quotes if a child process exits. */
const quotedLineCount = 12;
/** Milliseconds until a child process that does not stop is killed. The edge itself gives open requests 30 s. */
const stopTimeoutMs = 35_000;

/** @param print receives each line of the child's output */
export function startChild(program: ChildCommand, print: (line: string) => void): ChildProcess {
  const wrapper = parentDeathSignal();
  const [command = '', ...args] = [...wrapper, program.command, ...program.args];
  const child = spawn(command, args, {
    env: program.env,
    cwd: program.cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    // In a session of its own: Ctrl-C in a terminal reaches only dockpass, which then stops its children in order.
    detached: true,
  });
  const lastLines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      if (program.noise?.test(line) === true) return;
      const text = printable(line);
      // If a Go program panics, its first line has the reason, and a long stack trace follows. Keep the reason.
      if (!lastLines.some((earlier) => earlier.startsWith('panic: '))) lastLines.push(text);
      if (lastLines.length > quotedLineCount) lastLines.shift();
      print(`${program.name} | ${text}`);
    });
  }
  let isStopping = false;
  // Kill what the child itself started, too. If the master process of nginx is killed, its workers would go on, occupy
  // the port, and hold the pipes open, so that the event `close` would never come.
  child.once('exit', () => killGroup(child.pid));
  // Wait for `close`, not `exit`: only `close` comes after the last line of output was read.
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
    child.kill(program.stopSignal);
    const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
    await closed;
    clearTimeout(timer);
  };
  return { name: program.name, exited, signal: (signal) => void child.kill(signal), stop };
}

/** @param reason `code 1`, `SIGKILL`, or why the program could not be started */
function exitError(program: string, reason: string, lastLines: readonly string[]): DockpassError {
  const head = `${program} exited (${reason}); shutting down.`;
  const output = lastLines.map((line) => `    ${line}`);
  return new DockpassError(
    'part_failed',
    [output.length === 0 ? head : `${head} Last output:`, ...output].join('\n'),
  );
}

/**
 * The command to put in front of a program, so that the program stops if dockpass is killed. After `kill -9`, dockpass
 * cannot stop its children. They would go on, occupy their ports, and serve without a token server. Linux sends a
 * process a signal when its parent exits, if the process has asked for it (prctl(2), PR_SET_PDEATHSIG). The program
 * `setpriv` of util-linux asks, and then becomes the program. The signal is SIGTERM and not SIGKILL, because the master
 * process of nginx must stop its workers. Without `setpriv`, or if the program file has capabilities (setcap), which
 * clear the request, the program is not stopped.
 */
function parentDeathSignal(): string[] {
  if (process.platform !== 'linux') return [];
  const help = spawnSync('setpriv', ['--help'], { encoding: 'utf8' });
  return help.status === 0 && help.stdout.includes('--pdeathsig')
    ? ['setpriv', '--pdeathsig', 'TERM', '--']
    : [];
}

/** Kills the processes that are left of a process group after its leader has exited. */
function killGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // The group is already empty.
  }
}

/** A line of output without colors. Control characters, which could command a terminal, are written as `\x1b`. */
function printable(line: string): string {
  return line
    .replace(/\x1b\[[0-9;]*m/g, '')
    .replace(
      /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g,
      (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
    );
}
