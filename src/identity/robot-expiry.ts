import type { Clock } from '../clock.ts';
import type { Robot, Robots } from '../store/store.ts';

/** Seconds before its end from which on a robot is warned of. */
const warnBefore = 14 * 24 * 60 * 60;
/** Milliseconds between two looks. */
const interval = 24 * 60 * 60 * 1000;

export type RobotState = 'active' | 'expires soon' | 'expired' | 'disabled';

/** @param now seconds since the epoch */
export function robotState({ disabled, expiresAt }: Robot, now: number): RobotState {
  if (disabled) return 'disabled';
  if (expiresAt === null || expiresAt - now > warnBefore) return 'active';
  return expiresAt > now ? 'expires soon' : 'expired';
}

/** What is told of robots that end soon; see observe/log.ts. */
export interface Warnings {
  warn(message: string): void;
  error(message: string, error: unknown): void;
}

/** Warns at the start and once a day of robots whose end is near. @returns stops it */
export function warnOfExpiringRobots(
  robots: Pick<Robots, 'list'>,
  clock: Clock,
  warnings: Warnings,
): () => void {
  const look = async (): Promise<void> => {
    const now = Math.floor(clock() / 1000);
    for (const robot of await robots.list()) {
      if (robotState(robot, now) !== 'expires soon' || robot.expiresAt === null) continue;
      const days = Math.floor((robot.expiresAt - now) / (24 * 60 * 60));
      warnings.warn(
        `the robot ${robot.name} expires in ${days} days: "dockpass robot rotate ${robot.name} --expires 365d" gives it a new secret and a new end`,
      );
    }
  };
  const lookAndTell = (): void =>
    void look().catch((error: unknown) => warnings.error('robots could not be looked at', error));
  lookAndTell();
  const timer = setInterval(lookAndTell, interval).unref();
  return () => clearInterval(timer);
}
