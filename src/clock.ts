/**
 * A function that returns the current time in milliseconds since the epoch. Other functions receive the clock as a
 * parameter, so that tests can set the time.
 */
export type Clock = () => number;

export const systemClock: Clock = Date.now;

/**
 * The time at which dockpass was built, in milliseconds since the epoch. scripts/build.ts defines this constant during
 * the build. If the source runs without a build, the constant does not exist.
 */
declare const DOCKPASS_BUILD_TIME: number | undefined;

/**
 * The time at which dockpass was built, in milliseconds since the epoch. A clock that shows an earlier time is wrong.
 * Undefined if the source runs without a build.
 */
export const builtAt = typeof DOCKPASS_BUILD_TIME === 'number' ? DOCKPASS_BUILD_TIME : undefined;
