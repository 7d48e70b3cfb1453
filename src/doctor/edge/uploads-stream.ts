import type { ReachableDomain } from '../domains.ts';
import { noFindings, wrong } from '../finding.ts';
import { urlOf } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';
import { stream, type Streamed } from './upload-probe.ts';

/**
 * The size of the body in bytes. Before a Go server answers, it reads up to 256 KiB of the body, even if it does not
 * need the body. The registry and Caddy are Go servers, so the body must be larger than what these two servers read.
 */
const size = 1024 * 1024;

/** Checks that the edge forwards an upload to the registry before the whole body has arrived at the edge. */
export const uploadsStream = createProbe<ReachableDomain, Streamed>({
  measure: async (_context, { target }) => stream(target, size),
  judge: ({ status, beforeEnd }, { target }) => {
    if (beforeEnd || status === undefined) return noFindings;
    return wrong('uploads_buffered', {
      problem: `${urlOf(target)} does not forward an upload to the registry until the whole body has arrived at the edge.`,
      impact:
        'The edge first writes each layer to its own disk. Pushes take twice as long, and fail if that disk is too small.',
      fix: 'nginx: in the location of /v2/, set `proxy_request_buffering off;` and `proxy_http_version 1.1;`. Traefik: remove the buffering middleware.',
    });
  },
});
