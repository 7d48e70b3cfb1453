import { randomUUID } from 'node:crypto';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';

/** The users as whom `dockpass up` can run its programs. */
export interface SystemUsers {
  readonly registry?: UserShells;
  readonly edge?: UserShells;
}

/**
 * Two running shells (`/bin/sh`) of one user, which read commands from their standard input. docker/dockpass.js starts
 * them while it is still root. Afterwards it drops its root privileges, and no process can start anything as another
 * user any more.
 */
export interface UserShells {
  readonly uid: number;
  /** This shell is replaced by the program when the program starts. */
  readonly program: ChildProcessWithoutNullStreams;
  /** This shell sends signals to the program, because the kernel lets only processes of the same user do so. */
  readonly control: ChildProcessWithoutNullStreams;
}

/** A user as whom dockpass can run one program. */
export interface SystemUser {
  readonly uid: number;
  /** Resolves if dockpass can no longer send signals, because the shell that sends them has ended. */
  readonly ended: Promise<void>;
  /** Starts the program. It can be called only once. */
  start(command: readonly string[], where: Surroundings): ChildProcessWithoutNullStreams;
  /**
   * Runs a command and waits until it has ended.
   * @returns its output
   * @throws Error with the output of the command, if its exit status is not 0
   */
  run(command: readonly string[], where: Surroundings): Promise<string>;
  /** Sends a signal to a process, or to a process group if the number is negative. */
  signal(pid: number | undefined, signal: NodeJS.Signals): void;
  /** Ends the shells. A program that was started continues to run. */
  close(): void;
}

/**
 * The environment variables and the working directory of a command. If `cwd` is undefined, the command runs in the root
 * directory.
 */
interface Surroundings {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string | undefined;
}

export function systemUser({ uid, program, control }: UserShells): SystemUser {
  // Writing to a shell that has ended causes this event. It can be ignored, because `ended` reports the end.
  for (const { stdin } of [program, control]) stdin.on('error', () => {});
  const ended = new Promise<void>((resolve) => control.once('close', () => resolve()));
  let output = '';
  control.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  control.stderr.resume();
  let last: Promise<unknown> = Promise.resolve();

  const runNow = async (command: readonly string[], where: Surroundings): Promise<string> => {
    const mark = randomUUID();
    output = '';
    // The command runs in the background, so that the shell can send a signal before the command has ended.
    control.stdin.write(`( ( ${shellCommand(command, where)} ) 2>&1; echo "${mark} $?" ) &\n`);
    control.ref();
    try {
      for (;;) {
        const [text = '', status] = output.split(mark);
        if (status?.endsWith('\n') === true) {
          if (Number(status) === 0) return text.trim();
          throw new Error(text.trim() || `the exit status is ${status.trim()}`);
        }
        const isOver = await Promise.race([
          once(control.stdout, 'data').then(() => false),
          ended.then(() => true),
        ]);
        if (isOver) throw new Error(`the shell of user ${uid} has ended`);
      }
    } finally {
      control.unref();
    }
  };
  return {
    uid,
    ended,
    start: (command, where) => {
      for (const handle of [program, program.stdout, program.stderr]) refer(handle);
      program.stdin.end(`${shellCommand(command, where)}\n`);
      return program;
    },
    run: (command, where) => {
      const result = last.then(() => runNow(command, where));
      last = result.catch(() => undefined);
      return result;
    },
    signal: (pid, signal) => {
      if (pid !== undefined)
        control.stdin.write(`kill -s ${signal.replace('SIG', '')} -- ${pid} 2>/dev/null\n`);
    },
    close: () => {
      program.stdin.end();
      control.stdin.end();
    },
  };
}

/**
 * Makes this process run at least until the handle is closed. docker/dockpass.js has called `unref` for all handles of
 * the shells.
 */
function refer(handle: object): void {
  if ('ref' in handle && typeof handle.ref === 'function') handle.ref();
}

/** Returns a line for a shell. The command replaces the shell that executes the line. */
export function shellCommand(command: readonly string[], { env, cwd = '/' }: Surroundings): string {
  const variables = Object.entries(env).map(([name, value]) => [name, quote(`${name}=${value}`)] as const);
  // `export` is a built-in command of the shell, so other users cannot see its arguments. `env` is a program, and all
  // users of the machine can see its arguments for a moment. So `env` is used only for names that a shell rejects, such
  // as `a.b`.
  const isForShell = ([name]: readonly [string, string]): boolean => /^[A-Za-z_]\w*$/.test(name);
  const exported = variables.filter(isForShell).map(([, assignment]) => `export ${assignment} && `);
  const others = variables.filter((variable) => !isForShell(variable)).map(([, assignment]) => assignment);
  const words = [...(others.length > 0 ? ['env', ...others] : []), ...command.map(quote)];
  return `cd ${quote(cwd)} && ${exported.join('')}exec ${words.join(' ')} </dev/null`;
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
