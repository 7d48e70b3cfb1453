import type { Clock } from '../../clock.ts';
import type { Monitor, Warning } from './health-checks.ts';

/** Milliseconds that the wall clock may run away from the monotonic one between two looks. */
const tolerance = 30_000;
/** Milliseconds for which a jump is worth knowing. */
const memory = 60 * 60 * 1000;

/**
 * Warns after the wall clock was set: registries with another clock refuse tokens from the future, and leaves end when
 * the clock says so.
 * @param monotonic milliseconds that no one can set
 */
export function clockJumpMonitor(clock: Clock, monotonic: () => number = () => performance.now()): Monitor {
  let lastOffset = clock() - monotonic();
  let jump: { by: number; at: number } | undefined;
  return (): readonly Warning[] => {
    const offset = clock() - monotonic();
    const by = offset - lastOffset;
    lastOffset = offset;
    if (Math.abs(by) > tolerance) jump = { by, at: monotonic() };
    if (jump === undefined || monotonic() - jump.at > memory) return [];
    const seconds = Math.round(Math.abs(jump.by) / 1000);
    return [
      {
        code: 'clock_jumped',
        message: `the clock was set ${jump.by > 0 ? 'forward' : 'back'} by ${seconds} s: compare it with the registry's ("dockpass doctor" does)`,
      },
    ];
  };
}
