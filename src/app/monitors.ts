import type { Clock } from '../clock.ts';
import type { Config } from '../config/load.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import { clockJumpMonitor } from '../observe/monitors/clock-jump.ts';
import { diskSpaceMonitor } from '../observe/monitors/disk-space.ts';
import { keyWarnings } from '../observe/monitors/keys.ts';
import { robotMonitor } from '../observe/monitors/robots.ts';
import type { Monitor } from '../observe/monitors/health-checks.ts';
import type { Store } from '../store/store.ts';

/** All that a running server looks out for before it hurts. */
export function createMonitors(
  config: Config,
  keys: KeyRing,
  store: Store,
  clock: Clock,
  notReloaded: () => string | undefined,
): Monitor[] {
  return [
    () => keyWarnings(keys.list(), config.keys.rotateBefore, clock()),
    diskSpaceMonitor(config.keys.directory),
    clockJumpMonitor(clock),
    robotMonitor(store, clock),
    () => {
      const fault = store.unheard?.();
      return fault === undefined ? [] : [{ code: 'database_unheard', message: fault }];
    },
    () => {
      const fault = notReloaded();
      return fault === undefined ? [] : [{ code: 'configuration_not_reloaded', message: fault }];
    },
  ];
}
