import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { DockpassError } from '../../errors.ts';

/** A program that `up` runs. */
export interface ChildCommand {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Else where dockpass runs. */
  readonly cwd?: string;
  /** The signal after which it finishes what is under way. */
  readonly stopSignal: 'SIGTERM' | 'SIGQUIT';
  /** Lines that tell nobody anything; they are kept out of the log. */
  readonly noise?: RegExp;
}

export interface ChildProcess {
  readonly name: string;
  /** Resolves when it ended unasked, with what to tell about it. */
  readonly died: Promise<DockpassError>;
  signal(signal: 'SIGHUP'): void;
  /** Resolves when it is gone. */
  stop(): Promise<void>;
}

/** Lines kept to be told when it dies. */
const lastLines = 12;
/** Milliseconds for requests under way; the edge's own grace is 30 s. */
const patience = 35_000;

export function startChild(part: ChildCommand, print: (line: string) => void): ChildProcess {
  const guard = parentDeathSignal();
  // A session of its own: Ctrl-C in a terminal reaches dockpass alone, which then stops its parts in their order.
  const child = spawn(
    guard[0] ?? part.command,
    [...guard.slice(1), ...(guard.length > 0 ? [part.command] : []), ...part.args],
    {
      env: part.env,
      cwd: part.cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    },
  );
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      if (part.noise?.test(line) === true) return;
      const text = printable(line);
      // The reason of a Go program that panics is its first line; a long stack follows.
      if (!said.some((earlier) => earlier.startsWith('panic: '))) said.push(text);
      if (said.length > lastLines) said.shift();
      print(`${part.name} | ${text}`);
    });
  }
  let asked = false;
  // What the part itself started goes with it: workers of an nginx whose master was killed would live on, hold the
  // port, and hold the pipes open, so that close never came.
  child.once('exit', () => killGroup(child.pid));
  // close comes after the last line was read, exit may come before.
  const gone = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (status, signal) =>
      resolve(signal === null ? `status ${status ?? 'unknown'}` : signal),
    );
  });
  const died = new Promise<DockpassError>((resolve) => {
    void gone.then((how) => {
      if (!asked)
        resolve(
          new DockpassError(
            'part_failed',
            [
              `the ${part.name} ended (${how}), so everything ends${said.length > 0 ? '. It said last:' : ''}`,
              ...said.map((line) => `    ${line}`),
            ].join('\n'),
          ),
        );
    });
  });
  const stop = async (): Promise<void> => {
    asked = true;
    child.kill(part.stopSignal);
    const timer = setTimeout(() => child.kill('SIGKILL'), patience);
    await gone;
    clearTimeout(timer);
  };
  return { name: part.name, died, signal: (signal) => void child.kill(signal), stop };
}

/**
 * `kill -9` of dockpass gives it no chance to stop its parts, which would live on, hold their ports and serve with
 * nobody to issue tokens. Linux tells them itself, if they asked for it (prctl PR_SET_PDEATHSIG), and util-linux's
 * setpriv asks on their behalf before it becomes the part. SIGTERM, not SIGKILL: nginx's master has workers to end.
 * A program file with capabilities (setcap) loses the request, see prctl(2).
 */
function parentDeathSignal(): string[] {
  if (process.platform !== 'linux') return [];
  const help = spawnSync('setpriv', ['--help'], { encoding: 'utf8' });
  return help.status === 0 && help.stdout.includes('--pdeathsig')
    ? ['setpriv', '--pdeathsig', 'TERM', '--']
    : [];
}

/** All that is left of a process group whose leader has ended. */
function killGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // Nobody is left, as it should be.
  }
}

/** A part's line, without colours, and with everything that a terminal could obey written out. */
function printable(line: string): string {
  return line
    .replace(/\x1b\[[0-9;]*m/g, '')
    .replace(
      /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g,
      (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
    );
}
