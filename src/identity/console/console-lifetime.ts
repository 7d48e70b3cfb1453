import type { ConsoleSession } from '../../store/store.ts';

/** How long a session of the console lasts, in seconds. */
export const consoleLifetime = {
  /** A session ends after 12 hours without a request of the person. */
  idle: 12 * 60 * 60,
  /** A session ends after 7 days in any case. */
  absolute: 7 * 24 * 60 * 60,
} as const;

/**
 * Returns the time at which a session ends if the person sends no other request, in seconds since the epoch.
 * @param lastUsedAt seconds since the epoch
 */
export function consoleSessionEndsAt(
  { createdAt }: Pick<ConsoleSession, 'createdAt'>,
  lastUsedAt: number,
): number {
  return Math.min(createdAt + consoleLifetime.absolute, lastUsedAt + consoleLifetime.idle);
}
