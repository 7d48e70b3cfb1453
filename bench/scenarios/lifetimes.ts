import type { Costs } from './model.ts';

/** Clients that pull all the time, and ask again whenever their token ends. */
export const clients = 100_000;
/** Seconds. */
export const lifetimes = [60, 300, 900, 3600] as const;
/** What a registry adds to the end of a token (distribution's leeway). */
export const leeway = 60;

export interface LifetimeAnswer {
  readonly lifetime: number;
  readonly perSecond: number;
  /** Cores that do nothing else. */
  readonly cores: number;
  readonly auditRowsPerDay: number;
  /** Seconds for which whoever was disabled goes on with the token at hand, at most. */
  readonly goesOnFor: number;
}

/** Clients are spread evenly over their tokens' lives. Each asks for something else, so every token is signed. */
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
