import { urlOf } from '../http-request.ts';
import type { ReachableDomain } from '../domains.ts';
import { noFindings, wrong, type Finding } from '../finding.ts';
import { stream } from './upload-probe.ts';

/** Bytes. A Go server reads up to 256 KiB of a body that nobody wants before it answers, and Caddy is one more. */
const sent = 1024 * 1024;

/** Does the registry hear of an upload before it is all there? */
export async function uploadsStream({ target }: ReachableDomain): Promise<readonly Finding[]> {
  const { status, before } = await stream(target, sent);
  if (before === 'the end of the body' || status === undefined) return noFindings;
  return wrong('uploads_buffered', {
    problem: `${urlOf(target)} asks the registry about an upload only when the whole of it is there.`,
    impact:
      "Each layer is first written to the edge's disk: pushes take twice as long, and fail where that disk is too small.",
    fix: 'nginx: proxy_request_buffering off; and proxy_http_version 1.1; in the location of /v2/. Traefik: no buffering middleware.',
  });
}
