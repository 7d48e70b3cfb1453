import type { Log } from '../log.ts';

/** Something that does not hurt yet. The code is stable: logs, /readyz and metrics carry it. */
export interface Warning {
  readonly code: WarningCode;
  /** What was seen and what to do, one sentence each. */
  readonly message: string;
}

export const warningCodes = [
  'leaf_near_end',
  'authority_near_end',
  'tls_near_end',
  'tls_not_renewed',
  'disk_filling_up',
  'clock_jumped',
  'configuration_not_reloaded',
  'robot_near_end',
  'database_unheard',
] as const;
export type WarningCode = (typeof warningCodes)[number];

/** Looks at one thing. @returns what there is to warn of, now */
export type Monitor = () => Promise<readonly Warning[]> | readonly Warning[];

export interface HealthChecks {
  /** What was seen at the last look. */
  warnings(): readonly Warning[];
  /** Looks now: something has just changed. */
  look(): Promise<void>;
  close(): void;
}

/** Milliseconds between two looks. */
const interval = 15_000;

/** Looks at all of it at once and then again and again; logs what appears and what is over, once each. */
export async function startHealthChecks(lookouts: readonly Monitor[], log: Log): Promise<HealthChecks> {
  let seen: readonly Warning[] = [];
  const lookNow = async (): Promise<void> => {
    const now = (await Promise.all(lookouts.map((lookout) => lookSafely(lookout, log)))).flat();
    for (const { code, message } of now) {
      if (!seen.some((before) => before.code === code)) log.warn(message, { code });
    }
    for (const { code } of seen) {
      if (!now.some((still) => still.code === code)) log.info(`${code} is over`);
    }
    seen = now;
  };
  // One after the other: a slow look must not undo what a later one saw.
  let looking: Promise<void> = Promise.resolve();
  const look = (): Promise<void> => (looking = looking.then(lookNow));
  await look();
  const timer = setInterval(() => void look(), interval).unref();
  return {
    warnings: () => seen,
    look,
    close: () => {
      clearInterval(timer);
    },
  };
}

/** One that cannot look stops neither the others nor the server. */
async function lookSafely(lookout: Monitor, log: Log): Promise<readonly Warning[]> {
  try {
    return await lookout();
  } catch (error) {
    log.error('a look at what may go wrong failed', error);
    return [];
  }
}
