import type { Robot } from '../../store/store.ts';

/** A robot that expires within this many seconds has the state `expires soon`. */
const warningPeriod = 14 * 24 * 60 * 60;

export type RobotState = 'active' | 'expires soon' | 'expired' | 'disabled';

/** Returns the state of a robot. @param now seconds since the epoch */
export function robotState({ disabled, expiresAt }: Robot, now: number): RobotState {
  if (disabled) return 'disabled';
  if (expiresAt === null || expiresAt - now > warningPeriod) return 'active';
  return expiresAt > now ? 'expires soon' : 'expired';
}
