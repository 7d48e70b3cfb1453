import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { EdgePart } from './edge.ts';
import type { ChildProcess } from '../process/child-process.ts';

/**
 * Has a running edge read its file, and the certificates that this names, again. Requests under way finish by the old
 * one: nginx waits for them, Caddy for its grace period.
 * @throws Error with what the edge said
 */
export async function reloadEdge(
  { reload, command, env, cwd }: EdgePart,
  running: ChildProcess,
): Promise<void> {
  if (reload.kind === 'none') throw new Error(reload.because);
  if (reload.kind === 'signal') return running.signal(reload.signal);
  await promisify(execFile)(command, [...reload.args], { env: { ...env }, cwd });
}
