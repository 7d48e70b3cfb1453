/** Returns milliseconds since the epoch. Functions receive it as a parameter, so that tests can set the time. */
export type Clock = () => number;

export const systemClock: Clock = Date.now;
