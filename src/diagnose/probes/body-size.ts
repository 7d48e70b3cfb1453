import { urlOf } from '../ask.ts';
import type { OpenDoor } from '../doors.ts';
import { nothing, wrong, type Finding } from '../finding.ts';
import { announce, stream } from '../upload-probe.ts';

const gibibyte = 1024 ** 3;
/** Bytes that are only announced. Layers of machine-learning images are as large. */
const announced = 20 * gibibyte;
/** Bytes that are really sent, for an edge that counts instead of reading the announcement. */
const sent = 12 * 1024 ** 2;

/** May a layer be as large as it is? Without a token, so the registry takes nothing of it. */
export async function bodySize({ target }: OpenDoor): Promise<readonly Finding[]> {
  for (const size of [2 * 1024 ** 2, 200 * 1024 ** 2, 2 * gibibyte, announced]) {
    if ((await announce(target, size)) === 413) return capped(urlOf(target), size);
  }
  return (await stream(target, sent)).status === 413 ? capped(urlOf(target), sent) : nothing;
}

function capped(where: string, size: number): Finding[] {
  const amount = size >= gibibyte ? `${size / gibibyte} GiB` : `${size / 1024 ** 2} MiB`;
  return wrong('body_capped', {
    seen: `${where} answers an upload of ${amount} with 413 (Request Entity Too Large).`,
    means: 'Pushing a layer that large fails: the edge caps the size of bodies.',
    mend: 'nginx: client_max_body_size 0; in the server block. Caddy: no request_body max_size. Traefik: no buffering middleware.',
  });
}
