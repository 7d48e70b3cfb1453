import { spawnSync } from 'node:child_process';

/**
 * Returns the words to put in front of the command line of a program, so that the program stops if dockpass is killed.
 * After `kill -9`, dockpass cannot stop its children. They would keep running, occupy their ports, and serve clients
 * without a token server. On Linux, a process can ask the kernel to send it a signal when its parent exits (prctl(2),
 * PR_SET_PDEATHSIG). The program `setpriv` of util-linux sends this request to the kernel and then executes the given
 * command. For the edge, the signal is SIGTERM and not SIGKILL, because the master process of nginx must be able to stop
 * its workers.
 * In two cases, the program keeps running after dockpass is killed: `setpriv` is missing, or the program file has
 * capabilities (setcap), for which the kernel cancels the request.
 */
export function parentDeathSignal(signal: 'TERM' | 'KILL'): string[] {
  if (process.platform !== 'linux') return [];
  const help = spawnSync('setpriv', ['--help'], { encoding: 'utf8' });
  return help.status === 0 && help.stdout.includes('--pdeathsig')
    ? ['setpriv', '--pdeathsig', signal, '--']
    : [];
}
