import type { Log } from '../log.ts';

/**
 * A problem that does not stop the server yet. Its code appears in the log, in /readyz and in the metrics. The code
 * stays the same in all versions.
 */
export interface Warning {
  readonly code: WarningCode;
  /**
   * What is wrong: a clause without a full stop. `/readyz` shows it without a login, so it names no users and no robots.
   */
  readonly problem: string;
  /** What happens if no one fixes the problem. */
  readonly impact: string;
  readonly fix: string;
  /** The users, robots or other things that have the problem. These details appear only in the log. */
  readonly details?: string;
}

export const warningCodes = [
  'leaf_near_end',
  'leaf_not_yet_valid',
  'authority_near_end',
  'tls_near_end',
  'tls_not_renewed',
  'disk_filling_up',
  'clock_jumped',
  'clock_implausible',
  'configuration_not_reloaded',
  'robot_near_end',
  'database_unheard',
  'writes_stopped',
] as const;
export type WarningCode = (typeof warningCodes)[number];

/** Describes a warning in one text, for the log and for /readyz. */
export function describeWarning({ problem, fix }: Pick<Warning, 'problem' | 'fix'>): string {
  return `${problem}. ${fix}`;
}

/** A single health check. @returns a warning for each problem that exists now */
export type Monitor = () => Promise<readonly Warning[]> | readonly Warning[];

export interface HealthChecks {
  /** Returns the warnings of the last check. */
  warnings(): readonly Warning[];
  /** Runs all monitors immediately, without waiting for the next regular check. */
  checkNow(): Promise<void>;
  close(): void;
}

const intervalMs = 15_000;

/** Runs all monitors once at the start, and again every 15 seconds. Logs when a warning appears and when it is over. */
export async function startHealthChecks(monitors: readonly Monitor[], log: Log): Promise<HealthChecks> {
  let warnings: readonly Warning[] = [];
  const check = async (): Promise<void> => {
    const found = (await Promise.all(monitors.map((monitor) => runMonitor(monitor, log)))).flat();
    for (const warning of found) {
      const { code, details } = warning;
      if (!warnings.some((previous) => previous.code === code))
        log.warn([describeWarning(warning), details].filter(Boolean).join(' '), { code });
    }
    for (const { code } of warnings) {
      if (!found.some((current) => current.code === code)) log.info(`the problem ${code} is over`);
    }
    warnings = found;
  };
  // Checks run one after the other, so that a slow check never overwrites the result of a later check.
  let lastCheck: Promise<void> = Promise.resolve();
  const checkNow = (): Promise<void> => (lastCheck = lastCheck.then(check));
  await checkNow();
  const timer = setInterval(() => void checkNow(), intervalMs).unref();
  return {
    warnings: () => warnings,
    checkNow,
    close: () => clearInterval(timer),
  };
}

/**
 * Runs a monitor. If the monitor fails, this function logs the error and returns no warnings, so that the other
 * monitors and the server continue.
 */
async function runMonitor(monitor: Monitor, log: Log): Promise<readonly Warning[]> {
  try {
    return await monitor();
  } catch (error) {
    log.error('a health check failed; it runs again in 15 seconds', error);
    return [];
  }
}
