import type { ErrorCode } from '../errors.ts';

export const jwtOutcomes = ['accepted', 'rejected'] as const;
export type JwtOutcome = (typeof jwtOutcomes)[number];

/**
 * Counts issued tokens, denied requests and lost audit events. The implementation for Prometheus is in prometheus.ts.
 */
export interface Meter {
  issued(realm: 'public' | 'private'): void;
  denied(code: ErrorCode): void;
  /** Counts a login with a JWT of a CI platform or cluster. */
  jwtLogin(outcome: JwtOutcome): void;
  auditLost(events: number): void;
}

export const noMeter: Meter = {
  issued: () => {},
  denied: () => {},
  jwtLogin: () => {},
  auditLost: () => {},
};
