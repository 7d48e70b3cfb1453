/**
 * A function that returns the current time in milliseconds since the epoch. Other functions receive the clock as a
 * parameter, so that tests can set the time.
 */
export type Clock = () => number;

export const systemClock: Clock = Date.now;
