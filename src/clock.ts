/** Milliseconds since the epoch. Handed in wherever time decides, so that tests own the time. */
export type Clock = () => number;

export const systemClock: Clock = Date.now;
