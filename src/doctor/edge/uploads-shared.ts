import { randomBytes } from 'node:crypto';
import type { ReachableDomain } from '../domains.ts';
import { noFindings, wrong } from '../finding.ts';
import { sendRequest, urlOf } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';
import { bearer, createProbeToken } from '../probe-token.ts';
import { scratch } from '../scratch.ts';

/** The size of a chunk in bytes. */
const chunkSize = 1024;
/**
 * How many chunks doctor sends, each on a new connection. If several registries are behind the edge, each registry most
 * likely gets at least one of 8 chunks.
 */
const chunkCount = 8;

interface Measured {
  /** The URL at which the registry expects the client to continue the upload. */
  readonly location: URL;
  /**
   * The statuses of the answers, one for each chunk. A status is 202 if the registry that got the chunk knows the
   * upload.
   */
  readonly statuses: readonly number[];
}

/**
 * Checks that every request which continues an upload reaches a registry that knows the upload. The probe cancels the
 * upload at the end.
 */
export const uploadsShared = createProbe<ReachableDomain, Measured | undefined>({
  measure: async (context, { target }) => {
    if (context.readOnly || context.keys === undefined) return undefined;
    const token = bearer(await createProbeToken(context, { actions: ['pull', 'push', 'delete'] }));
    const send = (method: string, { pathname, search }: URL, body?: Buffer) => {
      const length = body === undefined ? {} : { 'Content-Length': String(body.length) };
      const headers = { ...token, ...length, 'Content-Type': 'application/octet-stream' };
      return sendRequest(target, pathname + search, { method, headers, ...(body && { body }) });
    };
    const origin = urlOf(target);
    const begun = await send('POST', new URL(`/v2/${scratch}/blobs/uploads/`, origin), Buffer.alloc(0));
    if (begun.status !== 202 || begun.headers.location === undefined) return undefined;
    const location = new URL(begun.headers.location, origin);
    if (location.origin !== new URL(origin).origin) return undefined;
    let next = location;
    const statuses: number[] = [];
    for (let sent = 0; sent < chunkCount; sent++) {
      const answer = await send('PATCH', next, randomBytes(chunkSize));
      statuses.push(answer.status);
      if (answer.status === 202) next = new URL(answer.headers.location ?? next, origin);
    }
    await cancel(() => send('DELETE', next), statuses);
    return { location, statuses };
  },
  judge: (measured, { target }) => {
    if (measured === undefined) return noFindings;
    const { location, statuses } = measured;
    const knownCount = statuses.filter((status) => status === 202).length;
    if (knownCount === statuses.length || !statuses.includes(404)) return noFindings;
    if (knownCount > 0)
      return wrong('registries_differ', {
        problem: `doctor sent ${statuses.length} chunks of one upload to ${urlOf(target)}, but only ${knownCount} of the chunks reached a registry that knows the upload.`,
        impact:
          'Several registries are behind the edge, and they do not share uploads. So pushes fail at random.',
        fix: 'Give all registries the same http.secret (REGISTRY_HTTP_SECRET) and the same storage, and restart them.',
      });
    if (location.search === '') return noFindings;
    return wrong('query_dropped', {
      problem: `The registry behind ${urlOf(target)} accepts the start of an upload, but answers 404 when doctor continues the upload at the address that the registry has returned.`,
      impact:
        'The query of this address contains the state of the upload. The edge removes or changes the query, so every push fails.',
      fix: 'nginx: write proxy_pass without a variable and without a path, such as `proxy_pass http://127.0.0.1:5000;`. Or append $is_args$args to the address. Caddy: do not rewrite the URI.',
    });
  },
});

/**
 * Cancels the upload. `statuses` contains the status of the answer to each chunk that doctor sent. If the statuses
 * differ, the edge probably sends the requests to several registries, and only some of these registries know the
 * upload. So doctor repeats the DELETE request until a registry accepts it, but at most once for each chunk.
 */
async function cancel(send: () => Promise<{ status: number }>, statuses: readonly number[]): Promise<void> {
  for (const status of statuses) {
    const answer = await send();
    if (answer.status === 204 || statuses.every((other) => other === status)) return;
  }
}
