import type { Clock } from '../clock.ts';
import type { Config } from '../config/load.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import { clockJumpLookout } from '../observe/monitors/clock-jump.ts';
import { diskSpaceLookout } from '../observe/monitors/disk-space.ts';
import { keyWarnings } from '../observe/monitors/keys.ts';
import { robotLookout } from '../observe/monitors/robots.ts';
import type { Lookout } from '../observe/monitors/health-checks.ts';
import type { Store } from '../store/store.ts';

/** All that a running server looks out for before it hurts. */
export function composeLookouts(
  config: Config,
  keys: KeyRing,
  store: Store,
  clock: Clock,
  notReloaded: () => string | undefined,
): Lookout[] {
  return [
    () => keyWarnings(keys.list(), config.keys.rotateBefore, clock()),
    diskSpaceLookout(config.keys.directory),
    clockJumpLookout(clock),
    robotLookout(store, clock),
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
