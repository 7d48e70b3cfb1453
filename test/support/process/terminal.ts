import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { childEnvironment } from '../run/environment.ts';
import { keepText, registerSecret } from '../run/evidence.ts';
import type { RunOptions } from './run.ts';
import { temporaryDirectory } from '../run/temp.ts';

/** A question on the terminal, and what the person types then. */
export type Answer = readonly [question: RegExp, typed: string];

/**
 * Runs commands at a terminal, as a person would: what asks for a password there, does. Each answer is typed when its
 * question has been asked. Resolves with everything that was on the screen; rejects where the shell fails.
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
    // util-linux's script makes the terminal and ends as the command does.
    const shell = `bash --norc -euo pipefail ${file}`;
    const child = spawn('script', ['--quiet', '--return', '--flush', '--command', shell, '/dev/null'], {
      cwd,
      env: childEnvironment({ ...env, SHELL: '/bin/bash', TERM: 'dumb' }),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const open = [...answers];
    let screen = '';
    let seen = 0;
    const timer = setTimeout(() => child.kill('SIGKILL'), timeout);
    const hear = (chunk: Buffer): void => {
      screen += chunk.toString();
      const [next] = open;
      const asked = next?.[0].exec(screen.slice(seen));
      if (next === undefined || asked == null) return;
      seen += asked.index + asked[0].length;
      open.shift();
      child.stdin.write(`${next[1]}\r`);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('error', reject);
    child.once('close', (status) => {
      clearTimeout(timer);
      keepText('commands', screen);
      if (status === 0 && open.length === 0) resolve(screen);
      else
        reject(
          new Error(`${commands}\nended with ${status}, ${open.length} questions were not asked\n${screen}`),
        );
    });
  });
}
