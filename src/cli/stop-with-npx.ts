import type { Environment } from '../config/environment.ts';

/** How often the parent process is checked. */
const intervalMs = 500;

/**
 * Stops dockpass when npx stops. npx starts dockpass through a shell. If npx receives SIGTERM, the shell exits without
 * a signal to dockpass, which would continue without a parent and keep its ports. So dockpass checks its parent, and
 * when the parent has changed, it sends SIGTERM to itself. Without npx, dockpass may outlive its parent, as a daemon does.
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
