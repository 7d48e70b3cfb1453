import type { ReachableDomain } from '../domains.ts';
import { noFindings, wrong } from '../finding.ts';
import { urlOf } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';
import { bearer } from '../probe-token.ts';
import { clientWrites } from './client-writes.ts';
import { robotToken } from './robot-login.ts';
import { tokenIn } from './token-answer.ts';
import { uploadAndCancel, type Uploaded } from './upload-probe.ts';

/**
 * The length of the pause in milliseconds. Clients can pause this long while they compress the next part of a layer, or
 * while their network stalls.
 */
const pauseMs = 1500;
const size = 128 * 1024;

/** Checks that the edge lets an upload continue after the client has paused. */
export const slowUpload = createProbe<ReachableDomain, Uploaded | undefined>({
  after: [clientWrites],
  measure: async (context, domain) => {
    const { target, kind } = domain;
    if (context.robot === undefined || kind === 'public') return undefined;
    const headers = bearer(tokenIn(await robotToken(context, domain, context.robot)));
    return uploadAndCancel(target, headers, { size, pauseMs });
  },
  judge: (sent, { target }) => {
    if (sent === undefined || sent.status === 202) return noFindings;
    const answered = sent.status === undefined ? 'by closing the connection' : `with ${sent.status}`;
    return wrong('upload_times_out', {
      problem: `If an upload pauses for ${pauseMs / 1000} s, ${urlOf(target)} answers ${answered}.`,
      impact: 'Pushes of large layers and pushes over slow networks fail.',
      fix: 'nginx: set `client_body_timeout 300s;`, `proxy_read_timeout 900s;` and `proxy_send_timeout 900s;`. Caddy: remove read_body from timeouts. Traefik: set respondingTimeouts.readTimeout=0s.',
    });
  },
});
