import type { ReachableDomain } from '../domains.ts';
import { noFindings, wrong, type Finding } from '../finding.ts';
import { urlOf, type Target } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';
import { bearer, createProbeToken } from '../probe-token.ts';
import { announce, uploadAndCancel, type Uploaded } from './upload-probe.ts';

const mebibyte = 1024 ** 2;
const gibibyte = 1024 ** 3;
/**
 * Sizes in bytes that doctor announces in Content-Length without sending a body. A layer of a machine-learning image
 * can be as large as the largest of these sizes.
 */
const announcedSizes = [2 * mebibyte, 200 * mebibyte, 2 * gibibyte, 20 * gibibyte];
/** The size of the large upload in bytes. doctor sends for at most one second, so it may send fewer bytes. */
const largeSize = 104 * mebibyte;
const smallSize = 64 * 1024;

interface Measured {
  /** The first announced size, in bytes, that was rejected with 413; undefined if no size was rejected. */
  readonly rejectedSize: number | undefined;
  /**
   * The result of the upload of `largeSize` bytes. Undefined if doctor skipped this upload, or if the registry rejected
   * the request that starts the upload.
   */
  readonly large: Uploaded | undefined;
  /** The result of the upload of `smallSize` bytes, which doctor tries only if the large upload failed. */
  readonly small: Uploaded | undefined;
}

/**
 * Checks that the edge does not limit the size of request bodies, because such a limit also limits the size of layers.
 */
export const bodySize = createProbe<ReachableDomain, Measured>({
  measure: async (context, { target }) => {
    const rejectedSize = await findRejectedSize(target);
    const nothing = { rejectedSize, large: undefined, small: undefined };
    if (rejectedSize !== undefined || context.keys === undefined || context.readOnly) return nothing;
    // Some edges, such as Caddy, ignore Content-Length and count the bytes that they receive. So the requests of
    // `findRejectedSize` do not reveal the limit of such an edge, and doctor must upload a large body. The status is
    // then usually not 413: the edge stops forwarding the body, and the client gets the answer of the registry.
    const headers = bearer(await createProbeToken(context, { actions: ['pull', 'push', 'delete'] }));
    const large = await uploadAndCancel(target, headers, { size: largeSize });
    if (large === undefined || large.status === 202) return { ...nothing, large };
    return { ...nothing, large, small: await uploadAndCancel(target, headers, { size: smallSize }) };
  },
  judge: ({ rejectedSize, large, small }, { target }) => {
    if (rejectedSize !== undefined)
      return capped(
        urlOf(target),
        `413 (Request Entity Too Large) to an upload that announces ${formatSize(rejectedSize)} in Content-Length`,
      );
    // If a small upload fails like the large upload, the size of the upload is not the cause.
    if (large === undefined || small?.status !== 202) return noFindings;
    const answered = large.status === undefined ? 'by closing the connection' : `with ${large.status}`;
    return capped(
      urlOf(target),
      `a large upload ${answered} after ${formatSize(large.bytes)}, but accepts a small upload (202)`,
    );
  },
});

/**
 * Announces each of `announcedSizes` in a request of its own, and returns the first size that is rejected with 413.
 * Most edges reject a large body as soon as they read its Content-Length. The requests have no token, so the registry
 * stores nothing.
 */
async function findRejectedSize(target: Target): Promise<number | undefined> {
  for (const size of announcedSizes) if ((await announce(target, size)) === 413) return size;
  return undefined;
}

function formatSize(size: number): string {
  return size >= gibibyte ? `${size / gibibyte} GiB` : `${Math.round(size / mebibyte)} MiB`;
}

function capped(where: string, answered: string): Finding[] {
  return wrong('body_capped', {
    problem: `${where} answers ${answered}.`,
    impact: 'The edge limits the size of request bodies, so no one can push layers that exceed this limit.',
    fix: 'nginx: in the server block, set `client_max_body_size 0;`. Caddy: remove `max_size` from the directive `request_body`. Traefik: remove the buffering middleware.',
  });
}
