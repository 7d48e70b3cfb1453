import { spawn, type ChildProcess } from 'node:child_process';
import { afterwards } from '../run/afterwards.ts';
import { childEnvironment } from '../run/environment.ts';
import { keepText } from '../run/evidence.ts';
import { descendantsOf, isAlive, type Seen } from './process-tree.ts';

export interface StartOptions {
  readonly cwd?: string;
  /** Variables in addition to those of `childEnvironment` (environment.ts). The process gets no others. */
  readonly env?: Readonly<Record<string, string>>;
  /** The name of the process in messages. Default: the name of the command. */
  readonly name?: string;
  /** Milliseconds between SIGTERM and SIGKILL when the process is stopped. Default: 10,000. */
  readonly grace?: number;
}

export interface Ended {
  /** The exit status. Undefined if a signal ended the process. */
  readonly status: number | undefined;
  readonly signal: string | undefined;
}

export interface Stopped extends Ended {
  /** Whether SIGTERM did not end the process, so that SIGKILL was needed. */
  readonly wasKilled: boolean;
  /** Descendants that outlived the process and then were killed. A process that stops cleanly has none. */
  readonly leftBehind: readonly Seen[];
}

/** A child process that runs until the test stops it or ends. */
export interface Running {
  readonly name: string;
  readonly pid: number;
  readonly ended: Promise<Ended>;
  isRunning(): boolean;
  stdout(): string;
  stderr(): string;
  /** stdout and stderr together, in the order of arrival. */
  output(): string;
  /**
   * Waits for the first line of the output that matches, including lines that are already there. Rejects after
   * `timeout` milliseconds, or if the process ends without such a line.
   */
  line(pattern: RegExp, timeout?: number): Promise<RegExpExecArray>;
  /** Sends a signal to this process, but not to its children. */
  signal(signal: NodeJS.Signals): void;
  stop(): Promise<Stopped>;
}

const running = new Set<ChildProcess>();

// A worker that vitest ends early runs no hooks. This handler kills the processes that still run then.
process.on('exit', () => {
  for (const child of running) {
    if (child.pid === undefined) continue;
    const children = descendantsOf(child.pid);
    child.kill('SIGKILL');
    for (const seen of children) if (isAlive(seen)) process.kill(seen.pid, 'SIGKILL');
  }
});

/** Starts a command and returns as soon as its process exists. To wait until it is ready, use `line` or ready.ts. */
export async function start(
  command: string,
  args: readonly string[],
  options: StartOptions = {},
): Promise<Running> {
  const name = options.name ?? command.slice(command.lastIndexOf('/') + 1);
  const child = spawn(command, [...args], {
    cwd: options.cwd,
    env: childEnvironment(options.env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const output = { stdout: '', stderr: '', both: '' };
  const listeners = new Set<() => void>();
  const collect = (stream: 'stdout' | 'stderr') => (chunk: string) => {
    output[stream] += chunk;
    output.both += chunk;
    for (const listener of listeners) listener();
  };
  child.stdout.setEncoding('utf8').on('data', collect('stdout'));
  child.stderr.setEncoding('utf8').on('data', collect('stderr'));

  let hasEnded = false;
  const ended = new Promise<Ended>((resolve) => {
    // The event is 'exit' and not 'close', because 'close' waits for descendants that keep the pipe open.
    child.once('exit', (status, signal) => {
      hasEnded = true;
      running.delete(child);
      keepText('logs', output.both);
      resolve({ status: status ?? undefined, signal: signal ?? undefined });
    });
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) => {
      running.delete(child);
      reject(new Error(`could not start ${command}`, { cause }));
    });
  });
  const pid = child.pid ?? Number.NaN;

  let stopping: Promise<Stopped> | undefined;
  const stop = async (): Promise<Stopped> => {
    const children = descendantsOf(pid);
    let wasKilled = false;
    if (!hasEnded) child.kill('SIGTERM');
    const timer = setTimeout(() => {
      wasKilled = true;
      child.kill('SIGKILL');
    }, options.grace ?? 10_000);
    const end = await ended;
    clearTimeout(timer);
    const leftBehind = children.filter(isAlive);
    for (const seen of leftBehind) if (isAlive(seen)) process.kill(seen.pid, 'SIGKILL');
    return { ...end, wasKilled, leftBehind };
  };

  const self: Running = {
    name,
    pid,
    ended,
    isRunning: () => !hasEnded,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    output: () => output.both,
    signal: (signal) => void child.kill(signal),
    stop: () => (stopping ??= stop()),
    line: (pattern, timeout = 90_000) =>
      new Promise((resolve, reject) => {
        const settle = (end: () => void) => {
          listeners.delete(search);
          clearTimeout(timer);
          end();
        };
        const search = () => {
          for (const line of output.both.split('\n')) {
            const match = pattern.exec(line);
            if (match !== null) return settle(() => resolve(match));
          }
        };
        const timer = setTimeout(
          () =>
            settle(() =>
              reject(new Error(`${name} printed no line ${pattern} within ${timeout} ms\n${output.both}`)),
            ),
          timeout,
        );
        listeners.add(search);
        void ended.then(() => {
          search();
          settle(() => reject(new Error(`${name} ended without printing a line ${pattern}\n${output.both}`)));
        });
        search();
      }),
  };
  afterwards(async () => void (await self.stop()));
  return self;
}
