import type { Clock } from '../../clock.ts';
import type { Monitor, Warning } from './health-checks.ts';

/**
 * The monitor warns if, between two checks, the wall clock gains or loses more than this many milliseconds against the
 * monotonic clock.
 */
const toleranceMs = 30_000;
/** After the clock was set, the warning is shown for this many milliseconds. */
const warningMs = 60 * 60 * 1000;

/**
 * Creates the monitor that warns after the wall clock was set. If the clock of a registry shows a different time, the
 * registry can reject tokens, because they seem to be expired or not valid yet. Signing keys can expire too early or
 * too late.
 * @param monotonic a clock in milliseconds that cannot be set
 */
export function clockJumpMonitor(clock: Clock, monotonic: () => number = () => performance.now()): Monitor {
  let lastOffset = clock() - monotonic();
  let jump: { by: number; at: number } | undefined;
  return (): readonly Warning[] => {
    const offset = clock() - monotonic();
    const by = offset - lastOffset;
    lastOffset = offset;
    if (Math.abs(by) > toleranceMs) jump = { by, at: monotonic() };
    if (jump === undefined || monotonic() - jump.at > warningMs) return [];
    const seconds = Math.round(Math.abs(jump.by) / 1000);
    return [
      {
        code: 'clock_jumped',
        problem: `the clock of this machine was set ${jump.by > 0 ? 'forward' : 'back'} by ${seconds} s`,
        impact: 'If the clock is wrong now, registries reject tokens as expired or not valid yet.',
        fix: `Run "dockpass doctor" to compare the clock with the registry's clock.`,
      },
    ];
  };
}
