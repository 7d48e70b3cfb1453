import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterwards } from '../run/afterwards.ts';
import { childEnvironment } from '../run/environment.ts';

/** A script of test/support/scripts that runs as a child process. The test and the script exchange lines of text. */
export interface NodeChild {
  readonly pid: number;
  /** Returns the next line that the script prints. Undefined if the script has ended. */
  line(): Promise<string | undefined>;
  tell(line: string): void;
  kill(): Promise<void>;
}

export function startScript(name: string, args: readonly string[]): NodeChild {
  const script = fileURLToPath(new URL(`../scripts/${name}`, import.meta.url));
  const child = spawn(process.execPath, [script, ...args], {
    env: childEnvironment(),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.on('error', () => undefined);
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  afterwards(kill);
  return {
    pid: child.pid ?? 0,
    line: async () => {
      const { value, done } = await lines.next();
      return done === true ? undefined : value;
    },
    tell: (line) => void child.stdin.write(`${line}\n`),
    kill,
  };
}
