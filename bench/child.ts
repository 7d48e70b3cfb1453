import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** A process that is being measured. */
export interface Child {
  readonly pid: number;
  /** The first line of its output that matches. Rejects when it ends before. */
  line(pattern: RegExp): Promise<RegExpExecArray>;
  /** Bytes, as the kernel counts them (Linux). */
  residentMemory(): number;
  /** Microseconds that it has computed until now, on all its threads (Linux). */
  cpuTime(): number;
  /** SIGTERM, and waits for the end. */
  stop(): Promise<void>;
}

export interface ChildOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /**
   * In a session of its own, as `up` gives its parts. Linux shares the processors among sessions first (sched(7),
   * autogroup): with it a 1 GiB transfer took 18 % longer on two processors, so what is compared has to have the same.
   */
  readonly ownSession?: boolean;
}

const running = new Set<Child>();

/** Whatever is left, also after a failure. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((child) => child.stop()));
}

/** Starts `node …args`, on the Node that runs the bench. */
export function startNode(args: readonly string[], options?: ChildOptions): Child {
  return startChild(process.execPath, args, options);
}

/** Of the environment it is handed no more than `env` and what finds programs. */
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
  let said = '';
  const hear = (chunk: Buffer): void => {
    said += chunk.toString();
    child.emit('said');
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const ended = once(child, 'exit');
  const kill = (): void => void process.kill(ownSession ? -pid : pid, 'SIGKILL');
  process.on('exit', kill);
  // The terminal's Ctrl-C does not reach another session.
  if (ownSession && process.listenerCount('SIGINT') === 0) process.on('SIGINT', () => process.exit(130));
  const self: Child = {
    pid,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(said);
          if (match !== null) resolve(match);
        };
        child.on('said', look);
        void ended.then(() => reject(new Error(`${command} ${args.join(' ')} ended:\n${said}`)));
        look();
      }),
    residentMemory: () => {
      const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
      return Number(kilobytes) * 1024;
    },
    cpuTime: () => {
      // proc_pid_stat(5): utime and stime are fields 14 and 15, in ticks of 10 ms; the name before may hold spaces.
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
