import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ChildProcess } from '../process/child-process.ts';
import type { EdgeProgram } from './edge.ts';

/** A running edge: its process, its command, and the configuration that it has loaded. */
export interface RunningEdge {
  readonly program: EdgeProgram;
  readonly child: ChildProcess;
}

/**
 * Makes a running edge read its configuration file and its certificates again. The edge finishes open requests with the
 * old configuration: nginx waits for them without a time limit, and Caddy waits until its grace period is over.
 * @throws Error with the output of the edge
 */
export async function reloadEdge({ program, child }: RunningEdge): Promise<void> {
  const { reload, command, env, cwd, user } = program;
  if (reload.kind === 'none') throw new Error(reload.reason);
  if (reload.kind === 'signal') return child.signal(reload.signal);
  // Only the user of the edge may use its administration socket.
  if (user !== undefined) await user.run([command, ...reload.args], { env, cwd });
  else await promisify(execFile)(command, [...reload.args], { env: { ...env }, cwd });
}
