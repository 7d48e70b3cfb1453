import { sendRequest, urlOf, type Target } from '../http-request.ts';
import type { ReachableDomain } from '../domains.ts';
import { noFindings, wrong, type Finding } from '../finding.ts';
import { bearer, scratch, createProbeToken, type DoctorContext } from '../context.ts';
import { announce, sendFor, type SentFor } from './upload-probe.ts';

const mebibyte = 1024 ** 2;
const gibibyte = 1024 ** 3;
/** Bytes that are only announced. Layers of machine-learning images are as large. */
const announced = 20 * gibibyte;
/** Bytes to send, as far as they go in a moment. */
const much = 104 * mebibyte;
const little = 64 * 1024;

/** May a layer be as large as it is? */
export async function bodySize(
  patient: DoctorContext,
  { target }: ReachableDomain,
): Promise<readonly Finding[]> {
  // Most edges read the announcement. Without a token the registry takes nothing of it.
  for (const size of [2 * mebibyte, 200 * mebibyte, 2 * gibibyte, announced])
    if ((await announce(target, size)) === 413)
      return capped(
        urlOf(target),
        `an announced upload of ${amountOf(size)} with 413 (Request Entity Too Large)`,
      );
  if (patient.keys === undefined || patient.readOnly) return noFindings;
  // Others, Caddy among them, count, and cut the registry off: what they answer then differs.
  const sent = await send(patient, target, much);
  if (sent === undefined || sent.status === 202) return noFindings;
  // Where not even a little goes through, something else is wrong: the round trip tells.
  if ((await send(patient, target, little))?.status !== 202) return noFindings;
  const answered = sent.status === undefined ? 'by closing the connection' : `with ${sent.status}`;
  return capped(
    urlOf(target),
    `an upload after ${amountOf(sent.bytes)} ${answered}, and a small one with 202`,
  );
}

/** Uploads, and gives the upload up: nothing is stored. Undefined where none could be begun. */
async function send(patient: DoctorContext, target: Target, size: number): Promise<SentFor | undefined> {
  const headers = bearer(await createProbeToken(patient, { actions: ['pull', 'push'] }));
  const begun = await sendRequest(target, `/v2/${scratch}/blobs/uploads/`, { method: 'POST', headers });
  if (begun.status !== 202 || begun.headers.location === undefined) return undefined;
  const at = new URL(begun.headers.location, urlOf(target));
  const sent = await sendFor(target, at.pathname + at.search, headers, size);
  const end = sent.location === undefined ? at : new URL(sent.location, urlOf(target));
  await sendRequest(target, end.pathname + end.search, { method: 'DELETE', headers });
  return sent;
}

function amountOf(size: number): string {
  return size >= gibibyte ? `${size / gibibyte} GiB` : `${Math.round(size / mebibyte)} MiB`;
}

function capped(where: string, answered: string): Finding[] {
  return wrong('body_capped', {
    problem: `${where} answers ${answered}.`,
    impact: 'Pushing a layer that large fails: the edge caps the size of bodies.',
    fix: 'nginx: client_max_body_size 0; in the server block. Caddy: no request_body max_size. Traefik: no buffering middleware.',
  });
}
