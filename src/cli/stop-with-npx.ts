import type { Environment } from '../config/environment.ts';

/** The interval in milliseconds at which dockpass checks whether its parent process has changed. */
const intervalMs = 500;

/**
 * Stops dockpass when npx stops. npx starts dockpass through a shell. If npx receives SIGTERM, the shell exits, but
 * does not send a signal to dockpass, so dockpass would continue to run and to use its ports. Therefore dockpass checks
 * its parent process regularly, and sends SIGTERM to itself when the parent process has changed. If npx did not start
 * dockpass, this function does nothing, because dockpass must then be able to run longer than its parent process, for
 * example as a daemon.
 */
export function stopWithNpx(environment: Environment): void {
  if (environment['npm_command'] !== 'exec') return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, intervalMs).unref();
}
