import type { ErrorCode } from '../errors.ts';

/** What is counted. Knows nothing of Prometheus; see prometheus.ts. */
export interface Meter {
  issued(realm: 'public' | 'private'): void;
  refused(code: ErrorCode): void;
  auditLost(): void;
}

export const noMeter: Meter = { issued: () => {}, refused: () => {}, auditLost: () => {} };
