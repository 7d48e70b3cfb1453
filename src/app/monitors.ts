import type { Clock } from '../clock.ts';
import type { Config } from '../config/load.ts';
import type { ClockFault } from '../keys/clock-fault.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import { clockFaultMonitor } from '../observe/monitors/clock-fault.ts';
import { clockJumpMonitor } from '../observe/monitors/clock-jump.ts';
import { diskSpaceMonitor } from '../observe/monitors/disk-space.ts';
import type { Monitor } from '../observe/monitors/health-checks.ts';
import { keyWarnings } from '../observe/monitors/keys.ts';
import { robotMonitor } from '../observe/monitors/robots.ts';
import type { Store } from '../store/store.ts';
import { writesFolder } from '../writes/writes-folder.ts';
import { readWritesStop } from '../writes/writes-stop.ts';

export interface MonitoredParts {
  readonly keys: KeyRing;
  readonly store: Store;
  readonly clock: Clock;
  /** Returns why the clock cannot show the right time, or undefined if the time is plausible. */
  readonly clockFault: ClockFault;
  /** Reads from the database whether an administrator has confirmed the clock. */
  readonly readConfirmation: () => Promise<void>;
  /** Returns why the last reload of the configuration failed, or undefined if it succeeded. */
  readonly reloadFault: () => string | undefined;
}

/** Creates all health checks of a running server. */
export function createMonitors(
  config: Config,
  { keys, store, clock, clockFault, readConfirmation, reloadFault }: MonitoredParts,
): Monitor[] {
  return [
    () => keyWarnings(keys.list(), config.keys.rotateBefore, clock()),
    diskSpaceMonitor(config.keys.directory),
    clockJumpMonitor(clock),
    clockFaultMonitor(clockFault, readConfirmation),
    robotMonitor(store, clock),
    () => {
      const missed = store.missedChangesReason?.();
      return missed === undefined ? [] : [{ code: 'database_unheard', ...missed }];
    },
    reloadMonitor(reloadFault),
    writesMonitor(writesFolder(config)),
  ];
}

function writesMonitor(directory: string): Monitor {
  return async () => {
    const stop = await readWritesStop(directory);
    // A garbage collection of `up` starts writes again itself.
    if (stop === undefined || stop.reason === 'gc') return [];
    return [
      {
        code: 'writes_stopped',
        problem: `pushes are stopped since ${new Date(stop.since).toISOString()}`,
        impact: 'No one can push or delete images. Pulls work.',
        fix: 'When the maintenance is over, run: dockpass writes start',
        details: `stopped by: ${stop.by}`,
      },
    ];
  };
}

function reloadMonitor(findFault: () => string | undefined): Monitor {
  return () => {
    const fault = findFault();
    if (fault === undefined) return [];
    return [
      {
        code: 'configuration_not_reloaded',
        problem: `the changed configuration is not valid: ${fault}`,
        impact: 'The server keeps the previous configuration. It cannot start with the changed one.',
        fix: 'Correct the configuration file. The server notices the change.',
      },
    ];
  };
}
