import type { ClockFault } from '../../keys/clock-fault.ts';
import type { Monitor } from './health-checks.ts';

/**
 * Creates the monitor that warns while the clock cannot show the right time, so that no certificate is created.
 * @param readConfirmation reads whether an administrator has confirmed the clock; `clockFault` then reports no fault
 */
export function clockFaultMonitor(clockFault: ClockFault, readConfirmation: () => Promise<void>): Monitor {
  return async () => {
    await readConfirmation();
    const fault = clockFault();
    if (fault === undefined) return [];
    const message = `dockpass creates no certificate, because ${fault}. If the clock is wrong, set it (timedatectl set-ntp true). If it is right, run "dockpass keys rotate --trust-clock".`;
    return [{ code: 'clock_implausible', message }];
  };
}
