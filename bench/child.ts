import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** A process that is being measured. */
export interface Child {
  readonly pid: number;
  /** Waits until the output matches the pattern. Rejects if the process ends before that. */
  line(pattern: RegExp): Promise<RegExpExecArray>;
  /** The resident memory in bytes (Linux). */
  residentMemory(): number;
  /** The processor time of all threads so far, in microseconds (Linux). */
  cpuTime(): number;
  /** Sends SIGTERM and waits until the process has ended. */
  stop(): Promise<void>;
}

export interface ChildOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Whether the process runs in its own session, like the child processes of `up`. Linux first shares the processors
   * among sessions (sched(7), autogroup). A transfer of 1 GiB took 18 % longer in its own session on two processors, so
   * processes that are compared must have the same setting.
   */
  readonly ownSession?: boolean;
}

const running = new Set<Child>();

/** Stops all processes that still run, for example after a failure. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((child) => child.stop()));
}

/** Starts `node …args` with the Node that runs the benchmark. */
export function startNode(args: readonly string[], options?: ChildOptions): Child {
  return startChild(process.execPath, args, options);
}

/** Starts a command. Its environment contains only PATH, HOME, TMPDIR and `env`. */
export function startChild(
  command: string,
  args: readonly string[],
  { cwd, env = {}, ownSession = false }: ChildOptions = {},
): Child {
  const inherited = Object.fromEntries(
    ['PATH', 'HOME', 'TMPDIR'].flatMap((name) =>
      process.env[name] === undefined ? [] : [[name, process.env[name]]],
    ),
  ) as Record<string, string>;
  const child = spawn(command, [...args], {
    cwd,
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: ownSession,
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`could not start ${command} ${args.join(' ')}`);
  let output = '';
  const collect = (chunk: Buffer): void => {
    output += chunk.toString();
    child.emit('output');
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const ended = once(child, 'exit');
  const kill = (): void => void process.kill(ownSession ? -pid : pid, 'SIGKILL');
  process.on('exit', kill);
  // Ctrl-C in the terminal does not reach processes in another session, so kill them when this process exits.
  if (ownSession && process.listenerCount('SIGINT') === 0) process.on('SIGINT', () => process.exit(130));
  const self: Child = {
    pid,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const search = (): void => {
          const match = pattern.exec(output);
          if (match !== null) resolve(match);
        };
        child.on('output', search);
        void ended.then(() => reject(new Error(`${command} ${args.join(' ')} ended:\n${output}`)));
        search();
      }),
    residentMemory: () => {
      const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
      return Number(kilobytes) * 1024;
    },
    cpuTime: () => {
      // proc_pid_stat(5): utime and stime are fields 14 and 15, in ticks of 10 ms. The process name before them may
      // contain spaces.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) * 10_000;
    },
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      process.off('exit', kill);
      running.delete(self);
    },
  };
  running.add(self);
  return self;
}
