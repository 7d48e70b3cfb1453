import type { Environment } from '../config/environment.ts';

/** Milliseconds between two looks. */
const interval = 500;

/**
 * npx starts us from a shell, which a SIGTERM to npx ends without a word to us: we would live on as nobody's child and
 * hold the ports. Its end is taken for the signal. Whoever was not started by npx may outlive its parent, as a daemon
 * does.
 */
export function stopWithNpx(environment: Environment): void {
  if (environment['npm_command'] !== 'exec') return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, interval).unref();
}
