import { collectDefaultMetrics, Counter, Registry } from 'prom-client';
import type { Meter } from './meter.ts';

export interface PrometheusMeter extends Meter {
  readonly contentType: string;
  /** The exposition format. */
  text(): Promise<string>;
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
  };
}
