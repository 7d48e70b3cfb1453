import type { DoctorContext } from '../context.ts';
import type { ReachableDomain } from '../domains.ts';
import { noFindings, wrong, type Finding } from '../finding.ts';
import { sendRequest, urlOf, type Target } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';
import { bearer, createProbeToken } from '../probe-token.ts';
import { scratch } from '../scratch.ts';
import { announce, upload, type Uploaded } from './upload-probe.ts';

const mebibyte = 1024 ** 2;
const gibibyte = 1024 ** 3;
/** The sizes that doctor only announces. Layers of machine-learning images are as large as the last one. */
const announcedSizes = [2 * mebibyte, 200 * mebibyte, 2 * gibibyte, 20 * gibibyte];
/** The size that doctor tries to send within a second. */
const largeSize = 104 * mebibyte;
const smallSize = 64 * 1024;

interface Measured {
  /** The first announced size that was answered with 413. */
  readonly rejectedSize: number | undefined;
  /** What became of a large upload; undefined if none could be started. */
  readonly large: Uploaded | undefined;
  /** The same of a small one, which is sent only if the large one failed. */
  readonly small: Uploaded | undefined;
}

/** Can a layer be as large as it is? */
export const bodySize = createProbe<ReachableDomain, Measured>({
  measure: async (context, { target }) => {
    const rejectedSize = await findRejectedSize(target);
    const nothing = { rejectedSize, large: undefined, small: undefined };
    if (rejectedSize !== undefined || context.keys === undefined || context.readOnly) return nothing;
    // Some edges, Caddy among them, count the bytes instead, and cut off the registry, which then answers differently.
    const large = await uploadAndCancel(context, target, largeSize);
    if (large === undefined || large.status === 202) return { ...nothing, large };
    return { ...nothing, large, small: await uploadAndCancel(context, target, smallSize) };
  },
  judge: ({ rejectedSize, large, small }, { target }) => {
    if (rejectedSize !== undefined)
      return capped(
        urlOf(target),
        `an announced upload of ${formatSize(rejectedSize)} with 413 (Request Entity Too Large)`,
      );
    // If small uploads fail too, the size is not the cause.
    if (large === undefined || small?.status !== 202) return noFindings;
    const answered = large.status === undefined ? 'by closing the connection' : `with ${large.status}`;
    return capped(
      urlOf(target),
      `an upload after ${formatSize(large.bytes)} ${answered}, and a small one with 202`,
    );
  },
});

/** Most edges read the announcement. Without a token the registry stores nothing. */
async function findRejectedSize(target: Target): Promise<number | undefined> {
  for (const size of announcedSizes) if ((await announce(target, size)) === 413) return size;
  return undefined;
}

async function uploadAndCancel(
  context: DoctorContext,
  target: Target,
  size: number,
): Promise<Uploaded | undefined> {
  const headers = bearer(await createProbeToken(context, { actions: ['pull', 'push'] }));
  const begun = await sendRequest(target, `/v2/${scratch}/blobs/uploads/`, { method: 'POST', headers });
  if (begun.status !== 202 || begun.headers.location === undefined) return undefined;
  const at = new URL(begun.headers.location, urlOf(target));
  const sent = await upload(target, at.pathname + at.search, headers, { size });
  const end = sent.location === undefined ? at : new URL(sent.location, urlOf(target));
  await sendRequest(target, end.pathname + end.search, { method: 'DELETE', headers });
  return sent;
}

function formatSize(size: number): string {
  return size >= gibibyte ? `${size / gibibyte} GiB` : `${Math.round(size / mebibyte)} MiB`;
}

function capped(where: string, answered: string): Finding[] {
  return wrong('body_capped', {
    problem: `${where} answers ${answered}.`,
    impact: 'The edge limits the size of request bodies, so no one can push larger layers.',
    fix: 'nginx: client_max_body_size 0; in the server block. Caddy: remove request_body max_size. Traefik: remove the buffering middleware.',
  });
}
