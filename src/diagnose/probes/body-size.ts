import { ask, urlOf, type Target } from '../ask.ts';
import type { OpenDoor } from '../doors.ts';
import { nothing, wrong, type Finding } from '../finding.ts';
import { bearer, scratch, tokenOf, type Patient } from '../patient.ts';
import { announce, sendFor } from '../upload-probe.ts';

const mebibyte = 1024 ** 2;
const gibibyte = 1024 ** 3;
/** Bytes that are only announced. Layers of machine-learning images are as large. */
const announced = 20 * gibibyte;

/** May a layer be as large as it is? */
export async function bodySize(patient: Patient, { target }: OpenDoor): Promise<readonly Finding[]> {
  // Most edges read the announcement. Without a token the registry takes nothing of it.
  for (const size of [2 * mebibyte, 200 * mebibyte, 2 * gibibyte, announced])
    if ((await announce(target, size)) === 413)
      return capped(urlOf(target), `an announced upload of ${amountOf(size)} with 413`);
  // Others, Caddy among them, count.
  const sent = patient.keys === undefined || patient.readOnly ? undefined : await sendMuch(patient, target);
  return sent?.refused === true
    ? capped(urlOf(target), `an upload after ${amountOf(sent.bytes)} with 413`)
    : nothing;
}

interface Sent {
  readonly bytes: number;
  readonly refused: boolean;
}

/** Uploads as much as goes in a moment, and gives the upload up: nothing is stored. */
async function sendMuch(patient: Patient, target: Target): Promise<Sent | undefined> {
  const headers = bearer(await tokenOf(patient, { actions: ['pull', 'push'] }));
  const begun = await ask(target, `/v2/${scratch}/blobs/uploads/`, { method: 'POST', headers });
  const location = begun.headers.location;
  // What is wrong then, the round trip tells.
  if (begun.status !== 202 || location === undefined) return undefined;
  const { pathname, search } = new URL(location, urlOf(target));
  const sent = await sendFor(target, pathname + search, headers);
  const now = sent.location === undefined ? { pathname, search } : new URL(sent.location, urlOf(target));
  await ask(target, now.pathname + now.search, { method: 'DELETE', headers });
  return { bytes: sent.bytes, refused: sent.status === 413 };
}

function amountOf(size: number): string {
  return size >= gibibyte ? `${size / gibibyte} GiB` : `${Math.round(size / mebibyte)} MiB`;
}

function capped(where: string, answered: string): Finding[] {
  return wrong('body_capped', {
    seen: `${where} answers ${answered} (Request Entity Too Large).`,
    means: 'Pushing a layer that large fails: the edge caps the size of bodies.',
    mend: 'nginx: client_max_body_size 0; in the server block. Caddy: no request_body max_size. Traefik: no buffering middleware.',
  });
}
