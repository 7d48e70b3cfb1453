import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { DockpassError } from '../../errors.ts';
import type { SystemUser } from '../process/system-user.ts';

/** How long a collector may take to end after it was killed, in milliseconds. */
const endTimeoutMs = 15_000;

/**
 * Ends all garbage collectors of the registry with this configuration file, and waits until they have ended. A collector
 * can outlive a `dockpass up` that was killed. It must not run while the registry accepts pushes, because it would
 * delete the layers of images whose manifests are pushed meanwhile. Ending a collector does no harm: what it has not
 * deleted, the next one deletes.
 * @throws DockpassError `part_failed` if one does not end
 */
export async function endCollectors(configFile: string, user: SystemUser | undefined): Promise<void> {
  const deadline = Date.now() + endTimeoutMs;
  for (;;) {
    const found = await findCollectors(configFile);
    if (found.length === 0) return;
    if (Date.now() > deadline)
      throw new DockpassError(
        'part_failed',
        `a garbage collector of an earlier start is still running (process ${found.join(', ')}). Images that are pushed at the same time could lose layers. Wait until it has ended, or end it with kill -9, and start dockpass again.`,
      );
    for (const pid of found) kill(pid, user);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function kill(pid: number, user: SystemUser | undefined): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // The process has ended, or it belongs to another user.
    user?.signal(pid, 'SIGKILL');
  }
}

/** Returns the process ids of the garbage collectors of the registry with this configuration file. */
async function findCollectors(configFile: string): Promise<number[]> {
  const processes = process.platform === 'linux' ? await listProc() : await listPs(configFile);
  return processes
    .filter(({ args }) => args.includes('garbage-collect') && args.includes(configFile))
    .map(({ pid }) => pid);
}

interface Listed {
  readonly pid: number;
  readonly args: readonly string[];
}

async function listProc(): Promise<Listed[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0 && pid !== process.pid);
  const read = async (pid: number): Promise<Listed> => ({
    pid,
    // A process may have ended meanwhile. A zombie has no arguments.
    args: await readFile(`/proc/${pid}/cmdline`, 'utf8').then(
      (text) => text.split('\0'),
      () => [],
    ),
  });
  return Promise.all(pids.map(read));
}

/** @param configFile the last argument of a collector. It can contain spaces, which `ps` does not mark */
async function listPs(configFile: string): Promise<Listed[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,command='], {
    maxBuffer: 64 * 1024 ** 2,
  });
  return stdout.split('\n').map((line) => ({
    pid: parseInt(line, 10),
    args: [...line.slice(0, -configFile.length).split(/\s+/), line.slice(-configFile.length)],
  }));
}
