import type { Clock } from '../../clock.ts';
import { robotState } from '../../identity/token/robot-state.ts';
import type { Store } from '../../store/store.ts';
import type { Monitor, Warning } from './health-checks.ts';

const hour = 60 * 60;

/** Warns of robots whose end is near. There may be thousands: they are read when something changed, and once an hour. */
export function robotMonitor(store: Pick<Store, 'robots' | 'changes'>, clock: Clock): Monitor {
  let known: { readonly when: string; readonly warnings: readonly Warning[] } | undefined;
  return async () => {
    const now = Math.floor(clock() / 1000);
    const when = `${store.changes()} ${Math.floor(now / hour)}`;
    if (known?.when === when) return known.warnings;
    const ending = (await store.robots.list()).filter((robot) => robotState(robot, now) === 'expires soon');
    const days = (end: number | null): number => Math.floor(((end ?? now) - now) / (24 * hour));
    const names = ending.map(({ name, expiresAt }) => `${name} (in ${days(expiresAt)} days)`);
    const shown = names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '');
    const message = `${names.length === 1 ? 'a robot expires' : 'robots expire'} within two weeks: ${shown}; "dockpass robot rotate NAME --expires 365d" gives a new secret and a new end`;
    known = { when, warnings: names.length === 0 ? [] : [{ code: 'robot_near_end', message }] };
    return known.warnings;
  };
}
