import type { Clock } from '../../clock.ts';
import { robotState } from '../../identity/token/robot-state.ts';
import type { Store } from '../../store/store.ts';
import type { Monitor, Warning } from './health-checks.ts';

/** One hour in seconds. */
const hour = 60 * 60;

/**
 * Creates the monitor that warns if robots expire soon. There can be thousands of robots, so the monitor reads them
 * from the store only if a new hour has begun or `store.changes()` has changed since the last time.
 */
export function robotMonitor(store: Pick<Store, 'robots' | 'changes'>, clock: Clock): Monitor {
  let cached: { readonly version: string; readonly warnings: readonly Warning[] } | undefined;
  return async () => {
    const now = Math.floor(clock() / 1000);
    const version = `${store.changes()} ${Math.floor(now / hour)}`;
    if (cached?.version === version) return cached.warnings;
    const expiring = (await store.robots.list()).filter((robot) => robotState(robot, now) === 'expires soon');
    const days = (end: number | null): number => Math.floor(((end ?? now) - now) / (24 * hour));
    const names = expiring.map(({ name, expiresAt }) => `${name} (in ${days(expiresAt)} days)`);
    const shown = names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '');
    const warning: Warning = {
      code: 'robot_near_end',
      problem: `${names.length === 1 ? '1 robot expires' : `${names.length} robots expire`} within two weeks`,
      impact: 'When a robot has expired, its jobs can no longer log in.',
      fix: 'Run "dockpass robot list" to see which. To renew the secret of a robot, run "dockpass robot rotate NAME --expires 365d".',
      details: `These robots expire soon: ${shown}.`,
    };
    cached = { version, warnings: names.length === 0 ? [] : [warning] };
    return cached.warnings;
  };
}
