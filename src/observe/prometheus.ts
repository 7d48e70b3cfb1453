import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { Meter } from './meter.ts';
import { warningCodes, type Watch } from './watch.ts';

export interface PrometheusMeter extends Meter {
  readonly contentType: string;
  /** The exposition format. */
  text(): Promise<string>;
  /** Shows what is warned of: 1 for each code that is seen, 0 for the others. */
  watch(watch: Watch): void;
}

export function prometheusMeter(): PrometheusMeter {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> =>
    new Counter({ name, help, labelNames, registers: [registry] });
  const issued = counter('dockpass_tokens_issued_total', 'Tokens issued, by realm.', ['realm']);
  const refused = counter('dockpass_requests_refused_total', 'Token requests refused, by error code.', [
    'code',
  ]);
  const lost = counter(
    'dockpass_audit_events_lost_total',
    'Audit events dropped because the database took none.',
    [],
  );
  // Looked up once: labels() costs more than the count.
  const issuedIn = { public: issued.labels('public'), private: issued.labels('private') };
  return {
    issued: (realm) => issuedIn[realm].inc(),
    refused: (code) => refused.inc({ code }),
    auditLost: () => lost.inc(),
    contentType: registry.contentType,
    text: () => registry.metrics(),
    watch: (watch) => {
      new Gauge({
        name: 'dockpass_warning',
        help: 'What does not hurt yet, by code: 1 while it is seen.',
        labelNames: ['code'],
        registers: [registry],
        collect() {
          const seen = new Set(watch.warnings().map(({ code }) => code));
          for (const code of warningCodes) this.set({ code }, seen.has(code) ? 1 : 0);
        },
      });
    },
  };
}
