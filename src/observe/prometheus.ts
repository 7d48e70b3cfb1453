import type { Registry } from 'prom-client';
import type { ErrorCode } from '../errors.ts';
import type { Meter } from './meter.ts';
import { warningCodes, type HealthChecks } from './monitors/health-checks.ts';

export interface PrometheusMeter extends Meter {
  /** What Prometheus reads, in its exposition format. */
  exposition(): Promise<{ contentType: string; text: string }>;
  /** Shows what is warned of: 1 for each code that is seen, 0 for the others. */
  watch(watch: HealthChecks): void;
}

/** What is shown, as it is now. */
interface Counts {
  readonly issued: Record<'public' | 'private', number>;
  readonly refused: Map<ErrorCode, number>;
  auditLost: number;
  watch: HealthChecks | undefined;
}

/**
 * Counts by itself. prom-client is loaded when it is asked for the first time: it takes longer than all else at a
 * start, and memory that a server nobody scrapes can do without.
 */
export function createPrometheusMeter(): PrometheusMeter {
  const counts: Counts = {
    issued: { public: 0, private: 0 },
    refused: new Map(),
    auditLost: 0,
    watch: undefined,
  };
  let registry: Promise<Registry> | undefined;
  return {
    issued: (realm) => void counts.issued[realm]++,
    refused: (code) => void counts.refused.set(code, (counts.refused.get(code) ?? 0) + 1),
    auditLost: () => void counts.auditLost++,
    exposition: async () => {
      const loaded = await (registry ??= registryOf(counts));
      return { contentType: loaded.contentType, text: await loaded.metrics() };
    },
    watch: (watch) => void (counts.watch = watch),
  };
}

async function registryOf(counts: Counts): Promise<Registry> {
  const { collectDefaultMetrics, Counter, Gauge, Registry } = await import('prom-client');
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  new Counter({
    name: 'dockpass_tokens_issued_total',
    help: 'Tokens issued, by realm.',
    labelNames: ['realm'],
    registers,
    collect() {
      this.reset();
      for (const realm of ['public', 'private'] as const) this.inc({ realm }, counts.issued[realm]);
    },
  });
  new Counter({
    name: 'dockpass_requests_refused_total',
    help: 'Token requests refused, by error code.',
    labelNames: ['code'],
    registers,
    collect() {
      this.reset();
      for (const [code, times] of counts.refused) this.inc({ code }, times);
    },
  });
  new Counter({
    name: 'dockpass_audit_events_lost_total',
    help: 'Audit events dropped because the database took none.',
    registers,
    collect() {
      this.reset();
      this.inc(counts.auditLost);
    },
  });
  new Gauge({
    name: 'dockpass_warning',
    help: 'What does not hurt yet, by code: 1 while it is seen.',
    labelNames: ['code'],
    registers,
    collect() {
      const seen = new Set(counts.watch?.warnings().map(({ code }) => code));
      for (const code of warningCodes) this.set({ code }, seen.has(code) ? 1 : 0);
    },
  });
  return registry;
}
