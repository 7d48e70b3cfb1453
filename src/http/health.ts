import type { RequestListener } from 'node:http';
import type { PrometheusMeter } from '../observe/prometheus.ts';
import type { Warning } from '../observe/monitors/health-checks.ts';

export interface Readiness {
  /** What keeps us from answering, a sentence each; empty when ready. */
  faults(): readonly string[];
  /** What will hurt later. */
  warnings(): readonly Warning[];
}

/** The operations port: for probes and Prometheus, never for clients. */
export function operationsListener(readiness: Readiness, meter: PrometheusMeter): RequestListener {
  return (request, response) => {
    const answer = async (): Promise<void> => {
      switch (request.url) {
        case '/healthz':
          response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"status":"ok"}');
          return;
        case '/readyz': {
          const [faults, warnings] = [readiness.faults(), readiness.warnings()];
          const fit = warnings.length === 0 ? 'ready' : 'degraded';
          response
            .writeHead(faults.length === 0 ? 200 : 503, { 'Content-Type': 'application/json' })
            .end(JSON.stringify({ status: faults.length === 0 ? fit : 'not ready', faults, warnings }));
          return;
        }
        case '/metrics': {
          const { contentType, text } = await meter.exposition();
          response.writeHead(200, { 'Content-Type': contentType }).end(text);
          return;
        }
        default:
          response.writeHead(404, { 'Content-Type': 'application/json' }).end('{"status":"not found"}');
      }
    };
    answer().catch(() => response.destroy());
  };
}
