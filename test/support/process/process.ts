import { spawn, type ChildProcess } from 'node:child_process';
import { afterwards } from '../run/afterwards.ts';
import { childEnvironment } from '../run/environment.ts';
import { keepText } from '../run/evidence.ts';
import { descendantsOf, isAlive, type Seen } from './process-tree.ts';

export interface StartOptions {
  readonly cwd?: string;
  /** Beside PATH, HOME and LANG: nothing else is handed on (environment.ts). */
  readonly env?: Readonly<Record<string, string>>;
  /** How it is called in messages; the command's name unless said. */
  readonly name?: string;
  /** Milliseconds between SIGTERM and SIGKILL at the end. */
  readonly grace?: number;
}

export interface Ended {
  /** The exit status; undefined where a signal ended it. */
  readonly status: number | undefined;
  readonly signal: string | undefined;
}

export interface Stopped extends Ended {
  /** SIGTERM was not enough. */
  readonly wasKilled: boolean;
  /** Its children that outlived it (killed by now): what stops cleanly has none. */
  readonly leftBehind: readonly Seen[];
}

/** A child that runs until the test stops it, or the test is over. */
export interface Running {
  readonly name: string;
  readonly pid: number;
  readonly ended: Promise<Ended>;
  isRunning(): boolean;
  stdout(): string;
  stderr(): string;
  /** Both, as they came. */
  output(): string;
  /** The first line of the output that matches, of those written already too. Rejects when the process ends before. */
  line(pattern: RegExp, timeout?: number): Promise<RegExpExecArray>;
  /** A signal to this process alone. */
  signal(signal: NodeJS.Signals): void;
  stop(): Promise<Stopped>;
}

const running = new Set<ChildProcess>();

// A worker that vitest ends early, runs no hooks: whatever is alive then goes with it.
process.on('exit', () => {
  for (const child of running) {
    if (child.pid === undefined) continue;
    const children = descendantsOf(child.pid);
    child.kill('SIGKILL');
    for (const seen of children) if (isAlive(seen)) process.kill(seen.pid, 'SIGKILL');
  }
});

/** Starts a command and returns as soon as it runs; await readiness with `line` or ready.ts. */
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
  const said = { stdout: '', stderr: '', both: '' };
  const listeners = new Set<() => void>();
  const hear = (stream: 'stdout' | 'stderr') => (chunk: string) => {
    said[stream] += chunk;
    said.both += chunk;
    for (const listener of listeners) listener();
  };
  child.stdout.setEncoding('utf8').on('data', hear('stdout'));
  child.stderr.setEncoding('utf8').on('data', hear('stderr'));

  let hasEnded = false;
  const ended = new Promise<Ended>((resolve) => {
    // 'exit', not 'close': a grandchild that holds the pipe open must not hide that the process is gone.
    child.once('exit', (status, signal) => {
      hasEnded = true;
      running.delete(child);
      keepText('logs', said.both);
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
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    output: () => said.both,
    signal: (signal) => void child.kill(signal),
    stop: () => (stopping ??= stop()),
    line: (pattern, timeout = 30_000) =>
      new Promise((resolve, reject) => {
        const settle = (end: () => void) => {
          listeners.delete(look);
          clearTimeout(timer);
          end();
        };
        const look = () => {
          for (const line of said.both.split('\n')) {
            const match = pattern.exec(line);
            if (match !== null) return settle(() => resolve(match));
          }
        };
        const timer = setTimeout(
          () =>
            settle(() =>
              reject(new Error(`${name} wrote no line ${pattern} within ${timeout} ms\n${said.both}`)),
            ),
          timeout,
        );
        listeners.add(look);
        void ended.then(() => {
          look();
          settle(() => reject(new Error(`${name} ended without a line ${pattern}\n${said.both}`)));
        });
        look();
      }),
  };
  afterwards(async () => void (await self.stop()));
  return self;
}
