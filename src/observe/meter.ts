import type { ErrorCode } from '../errors.ts';

/**
 * Counts issued tokens, denied requests and lost audit events. The implementation for Prometheus is in prometheus.ts.
 */
export interface Meter {
  issued(realm: 'public' | 'private'): void;
  denied(code: ErrorCode): void;
  auditLost(events: number): void;
}

export const noMeter: Meter = { issued: () => {}, denied: () => {}, auditLost: () => {} };
