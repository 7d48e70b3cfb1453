import type { Costs } from './model.ts';

/** The number of clients that pull all the time. Each requests another token when its token expires. */
export const clients = 100_000;
/** Seconds. */
export const lifetimes = [60, 300, 900, 3600] as const;
/** Seconds for which a registry accepts a token after it has expired (the leeway of distribution). */
export const leeway = 60;

export interface LifetimeAnswer {
  readonly lifetime: number;
  readonly perSecond: number;
  /** How many processor cores the requests keep busy. */
  readonly cores: number;
  readonly auditRowsPerDay: number;
  /** The longest time, in seconds, for which a disabled user can still use an issued token. */
  readonly goesOnFor: number;
}

/** The requests are spread evenly over time. Each client requests another scope, so every token is signed. */
export function tokensThatLive(costs: Costs, count: number = clients): LifetimeAnswer[] {
  return lifetimes.map((lifetime) => {
    const perSecond = count / lifetime;
    const work = costs.loop['access token'] + costs.signature + costs.auditRowOwn;
    return {
      lifetime,
      perSecond,
      cores: perSecond * work,
      auditRowsPerDay: perSecond * 86_400,
      goesOnFor: lifetime + leeway,
    };
  });
}
