import type { ClockFault } from '../../keys/clock-fault.ts';
import type { Monitor } from './health-checks.ts';

/**
 * Creates the monitor that warns that dockpass creates no certificate, because the clock cannot show the right time.
 * @param readConfirmation reads whether an administrator has confirmed the clock. If so, `clockFault` reports no fault
 */
export function clockFaultMonitor(clockFault: ClockFault, readConfirmation: () => Promise<void>): Monitor {
  return async () => {
    await readConfirmation();
    const fault = clockFault();
    if (fault === undefined) return [];
    return [
      {
        code: 'clock_implausible',
        problem: `dockpass creates no certificate, because ${fault}`,
        impact: 'When the certificate of the present signing key expires, registries reject every token.',
        fix: 'If the clock is wrong, set it (timedatectl set-ntp true). If it is right, run "dockpass keys rotate --trust-clock".',
      },
    ];
  };
}
