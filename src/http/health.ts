import type { RequestListener } from 'node:http';
import type { PrometheusMeter } from '../observe/prometheus.ts';

/** What is wrong, a sentence each; empty when ready. */
export type ReadinessProbe = () => Promise<readonly string[]>;

/** The operations port: for probes and Prometheus, never for clients. */
export function operationsListener(ready: ReadinessProbe, meter: PrometheusMeter): RequestListener {
  return (request, response) => {
    const answer = async (): Promise<void> => {
      switch (request.url) {
        case '/healthz':
          response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"status":"ok"}');
          return;
        case '/readyz': {
          const faults = await ready();
          response
            .writeHead(faults.length === 0 ? 200 : 503, { 'Content-Type': 'application/json' })
            .end(JSON.stringify({ status: faults.length === 0 ? 'ready' : 'not ready', faults }));
          return;
        }
        case '/metrics':
          response.writeHead(200, { 'Content-Type': meter.contentType }).end(await meter.text());
          return;
        default:
          response.writeHead(404, { 'Content-Type': 'application/json' }).end('{"status":"not found"}');
      }
    };
    answer().catch(() => response.destroy());
  };
}
