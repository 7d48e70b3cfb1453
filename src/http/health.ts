import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { PrometheusMeter } from '../observe/prometheus.ts';
import { describeWarning, type Warning, type WarningCode } from '../observe/monitors/health-checks.ts';

export interface Readiness {
  /**
   * Returns the reasons why the server cannot answer requests now, as sentences. The list is empty if the server is
   * ready.
   */
  faults(): readonly string[];
  /** Returns warnings: problems that do not prevent the server from answering requests now, but can do so later. */
  warnings(): readonly Warning[];
}

/**
 * Returns the request listener of the operations port. This port is for health checks and Prometheus, not for registry
 * clients.
 */
export function operationsListener(readiness: Readiness, meter: PrometheusMeter): RequestListener {
  return (request, response) => {
    answer(request, response, readiness, meter).catch(() => {
      // `answer` fails if an update has replaced the files of the metrics library before this process loaded them.
      if (response.headersSent) response.destroy();
      else response.writeHead(503, { 'Content-Type': 'application/json' }).end('{"status":"unavailable"}');
    });
  };
}

/**
 * Leaves out the details of a warning, because anyone who reaches the operations port can read the response. The names
 * of users and robots are details.
 */
function toPublicWarning(warning: Warning): { code: WarningCode; message: string } {
  return { code: warning.code, message: describeWarning(warning) };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  readiness: Readiness,
  meter: PrometheusMeter,
): Promise<void> {
  switch (request.url) {
    case '/healthz':
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"status":"ok"}');
      return;
    case '/readyz': {
      const [faults, warnings] = [readiness.faults(), readiness.warnings()];
      const isReady = faults.length === 0;
      const status = !isReady ? 'not ready' : warnings.length > 0 ? 'degraded' : 'ready';
      response
        .writeHead(isReady ? 200 : 503, { 'Content-Type': 'application/json' })
        .end(JSON.stringify({ status, faults, warnings: warnings.map(toPublicWarning) }));
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
}
