import type { RefreshToken } from '../../store/store.ts';

/** How long sessions last, in seconds. The setting `tokens.refresh` contains these values. */
export interface SessionLifetime {
  /** A session ends after this many seconds without use. */
  readonly idle: number;
  /** A session ends this many seconds after the login, even if it is in use. */
  readonly absolute: number;
}

/**
 * Returns the time at which a session ends if it is not used again, in seconds since the epoch.
 * @param lastUsedAt seconds since the epoch
 */
export function sessionEndsAt(
  { createdAt, expiresAt }: Pick<RefreshToken, 'createdAt' | 'expiresAt'>,
  lastUsedAt: number,
  { idle, absolute }: SessionLifetime,
): number {
  return Math.min(expiresAt, createdAt + absolute, lastUsedAt + idle);
}
