import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { childEnvironment } from '../run/environment.ts';
import { keepText, registerSecret } from '../run/evidence.ts';
import type { RunOptions } from './run.ts';
import { temporaryDirectory } from '../run/temp.ts';

/** A question on the terminal, and the text that is typed as its answer. */
export type Answer = readonly [question: RegExp, typed: string];

/**
 * Runs commands at a terminal, as a user would, so that commands which ask for a password at the terminal work. Each
 * answer is typed when its question appears. Resolves with all text on the screen. Rejects if the shell fails or a
 * question does not appear.
 */
export async function typeAtTerminal(
  commands: string,
  answers: readonly Answer[],
  { cwd, env, timeout = 100_000 }: RunOptions = {},
): Promise<string> {
  const file = join(await temporaryDirectory('typed'), 'commands');
  await writeFile(file, commands);
  for (const [question, typed] of answers) if (/password/i.test(question.source)) registerSecret(typed);
  return await new Promise((resolve, reject) => {
    // The command `script` of util-linux creates the terminal, and exits with the status of the shell.
    const shell = `bash --norc -euo pipefail ${file}`;
    const child = spawn('script', ['--quiet', '--return', '--flush', '--command', shell, '/dev/null'], {
      cwd,
      env: childEnvironment({ ...env, SHELL: '/bin/bash', TERM: 'dumb' }),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const remaining = [...answers];
    let screen = '';
    let seen = 0;
    const timer = setTimeout(() => child.kill('SIGKILL'), timeout);
    const collect = (chunk: Buffer): void => {
      screen += chunk.toString();
      const [next] = remaining;
      const asked = next?.[0].exec(screen.slice(seen));
      if (next === undefined || asked == null) return;
      seen += asked.index + asked[0].length;
      remaining.shift();
      child.stdin.write(`${next[1]}\r`);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', reject);
    child.once('close', (status) => {
      clearTimeout(timer);
      keepText('commands', screen);
      if (status === 0 && remaining.length === 0) resolve(screen);
      else
        reject(
          new Error(`${commands}\nstatus ${status}, ${remaining.length} questions did not appear\n${screen}`),
        );
    });
  });
}
