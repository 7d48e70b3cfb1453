import { urlOf } from '../http-request.ts';
import type { OpenDoor } from '../domains.ts';
import { nothing, wrong, type Finding } from '../finding.ts';
import { stream } from './upload-probe.ts';

/** Bytes. A Go server reads up to 256 KiB of a body that nobody wants before it answers, and Caddy is one more. */
const sent = 1024 * 1024;

/** Does the registry hear of an upload before it is all there? */
export async function uploadsStream({ target }: OpenDoor): Promise<readonly Finding[]> {
  const { status, before } = await stream(target, sent);
  if (before === 'the end of the body' || status === undefined) return nothing;
  return wrong('uploads_buffered', {
    seen: `${urlOf(target)} asks the registry about an upload only when the whole of it is there.`,
    means:
      "Each layer is first written to the edge's disk: pushes take twice as long, and fail where that disk is too small.",
    mend: 'nginx: proxy_request_buffering off; and proxy_http_version 1.1; in the location of /v2/. Traefik: no buffering middleware.',
  });
}
