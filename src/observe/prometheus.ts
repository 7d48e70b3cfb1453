import type { Registry } from 'prom-client';
import type { ErrorCode } from '../errors.ts';
import { jwtOutcomes, type JwtOutcome, type Meter } from './meter.ts';
import { warningCodes, type Warning } from './monitors/health-checks.ts';

export interface PrometheusMeter extends Meter {
  /** Returns all metrics in the exposition format of Prometheus. */
  exposition(): Promise<{ contentType: string; text: string }>;
  /**
   * Sets the function that returns the current warnings. The metric `dockpass_warning` is 1 for the code of each
   * current warning, and 0 for all other codes.
   */
  showWarnings(warnings: () => readonly Warning[]): void;
}

interface Counts {
  readonly issued: Record<'public' | 'private', number>;
  readonly denied: Map<ErrorCode, number>;
  readonly jwtLogins: Record<JwtOutcome, number>;
  auditLost: number;
  warnings: () => readonly Warning[];
}

/**
 * Creates a meter that counts without the library prom-client. The library is loaded only at the first request for
 * metrics, because loading it takes longer than everything else at the start of the server, and because it would use
 * memory even if no one reads the metrics.
 */
export function createPrometheusMeter(): PrometheusMeter {
  const counts: Counts = {
    issued: { public: 0, private: 0 },
    denied: new Map(),
    jwtLogins: { accepted: 0, rejected: 0 },
    auditLost: 0,
    warnings: () => [],
  };
  let registry: Promise<Registry> | undefined;
  return {
    issued: (realm) => void counts.issued[realm]++,
    denied: (code) => void counts.denied.set(code, (counts.denied.get(code) ?? 0) + 1),
    jwtLogin: (outcome) => void counts.jwtLogins[outcome]++,
    auditLost: (events) => void (counts.auditLost += events),
    exposition: async () => {
      const loading = (registry ??= createRegistry(counts));
      // A failure is not cached, so that the next request tries to load the library again.
      loading.catch(() => (registry = undefined));
      const loaded = await loading;
      return { contentType: loaded.contentType, text: await loaded.metrics() };
    },
    showWarnings: (warnings) => void (counts.warnings = warnings),
  };
}

async function createRegistry(counts: Counts): Promise<Registry> {
  const { collectDefaultMetrics, Counter, Gauge, Registry } = await import('prom-client');
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  new Counter({
    name: 'dockpass_tokens_issued_total',
    help: 'Number of issued tokens, by realm.',
    labelNames: ['realm'],
    registers,
    collect() {
      this.reset();
      for (const realm of ['public', 'private'] as const) this.inc({ realm }, counts.issued[realm]);
    },
  });
  new Counter({
    name: 'dockpass_requests_refused_total',
    help: 'Number of denied requests, by error code.',
    labelNames: ['code'],
    registers,
    collect() {
      this.reset();
      for (const [code, times] of counts.denied) this.inc({ code }, times);
    },
  });
  new Counter({
    name: 'dockpass_jwt_logins_total',
    help: 'Number of logins with a JWT of a CI platform or cluster, by outcome. Uses of refresh tokens are not counted.',
    labelNames: ['outcome'],
    registers,
    collect() {
      this.reset();
      for (const outcome of jwtOutcomes) this.inc({ outcome }, counts.jwtLogins[outcome]);
    },
  });
  new Counter({
    name: 'dockpass_audit_events_lost_total',
    help: 'Number of audit events that were lost because the database was unavailable for too long or its disk was almost full.',
    registers,
    collect() {
      this.reset();
      this.inc(counts.auditLost);
    },
  });
  new Gauge({
    name: 'dockpass_warning',
    help: 'Problems despite which the server still works. There is one series for each problem code. Its value is 1 while the problem lasts.',
    labelNames: ['code'],
    registers,
    collect() {
      const codes = new Set(counts.warnings().map(({ code }) => code));
      for (const code of warningCodes) this.set({ code }, codes.has(code) ? 1 : 0);
    },
  });
  return registry;
}
