import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { DockpassError, messageOf } from '../../errors.ts';
import type { ChildCommand } from '../process/child-process.ts';
import { parentDeathSignal } from '../process/parent-death-signal.ts';
import { endCollectors } from './find-collectors.ts';

/** How many lines of the collector's output an error shows. */
const quotedLineCount = 12;

/**
 * Runs the garbage collector of the registry. It never removes manifests, because it runs without `--delete-untagged`.
 * @param registry the command that runs the registry: its program, its user, its environment and, as its last argument,
 *   its configuration file. The collector gets the same ones
 * @param signal when it aborts, the collector is killed
 * @returns the digests of the blobs that no image uses, which the collector has deleted unless `dryRun` is true
 * @throws DockpassError `part_failed` with the last output of the collector; the reason of the signal if it has aborted
 *   before
 */
export async function runCollector(
  registry: ChildCommand,
  { dryRun }: { readonly dryRun: boolean },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const configFile = registry.args.at(-1) ?? '';
  const args = ['garbage-collect', ...(dryRun ? ['--dry-run'] : []), configFile];
  const blobs: string[] = [];
  const lastLines: string[] = [];
  const read = (line: string): void => {
    const digest = /^blob eligible for deletion: (\S+)/.exec(line)?.[1];
    if (digest !== undefined) blobs.push(digest);
    else if (lastLines.push(line) > quotedLineCount) lastLines.shift();
  };
  const end = (): void => void endCollectors(configFile, registry.user).catch(() => undefined);
  // A listener that is added after the signal has aborted is never called.
  signal.throwIfAborted();
  signal.addEventListener('abort', end);
  try {
    if (registry.user === undefined) await spawnCollector(registry, args, read);
    else (await registry.user.run([registry.command, ...args], registry)).split('\n').forEach(read);
  } catch (error) {
    const text = messageOf(error);
    // As another user, the collector's whole output is the message of the error.
    if (registry.user !== undefined) text.split('\n').forEach(read);
    const why = registry.user === undefined ? ` (${text})` : '';
    throw new DockpassError(
      'part_failed',
      [
        `the garbage collector of the registry failed${why}. Last output:`,
        ...lastLines.map((line) => `    ${line}`),
      ].join('\n'),
      { cause: error },
    );
  } finally {
    signal.removeEventListener('abort', end);
  }
  return blobs;
}

/** @throws Error with the exit status of the collector, or why it did not start */
function spawnCollector(
  { command, env, cwd }: ChildCommand,
  args: readonly string[],
  read: (line: string) => void,
): Promise<void> {
  const [first = '', ...rest] = [...parentDeathSignal('KILL'), command, ...args];
  // In its own session, so that Ctrl-C in a terminal reaches only dockpass, which ends the collector itself.
  const child = spawn(first, rest, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', read);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, killedBy) => {
      if (code === 0) resolve();
      else reject(new Error(killedBy ?? `code ${code}`));
    });
  });
}
