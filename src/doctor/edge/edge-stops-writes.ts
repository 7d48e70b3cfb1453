import { setTimeout as delay } from 'node:timers/promises';
import { summarizeAnswer } from '../network/challenge.ts';
import type { ReachableDomain } from '../domains.ts';
import { noFindings, wrong } from '../finding.ts';
import { sendRequest, urlOf, type HttpAnswer, type Target } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';
import { scratch } from '../scratch.ts';
import { edgeTokenServers } from './edge-token-servers.ts';

/** Checks that the edge stops pushes, while pushes are stopped. */
export const edgeStopsWrites = createProbe<ReachableDomain, HttpAnswer | undefined>({
  after: [edgeTokenServers],
  measure: async ({ writesAreStopped }, { target }) => (writesAreStopped ? sendWrite(target) : undefined),
  judge: (answer, { target }) => {
    if (answer === undefined || isStopped(answer)) return noFindings;
    return wrong('edge_passes_writes', {
      problem: `Pushes are stopped, but the edge under ${urlOf(target)} passes them on: it answers the start of an upload with ${summarizeAnswer(answer)} instead of 503.`,
      impact:
        'If you run the garbage collector of the registry now, images that are pushed at the same time lose layers.',
      fix: 'Let the user of the edge see the file `stopped` in the folder `writes.directory`. If the configuration of the edge is from an earlier version of dockpass, write it again with `dockpass init --edge-only`.',
    });
  },
});

/**
 * Waits until the edge at this address stops pushes.
 * @returns its last answer if it does not within `timeoutMs`, otherwise undefined
 * @throws Error if no server answers
 */
export async function findPassedWrite(target: Target, timeoutMs: number): Promise<string | undefined> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await sendWrite(target);
    if (isStopped(answer)) return undefined;
    if (Date.now() > deadline) return summarizeAnswer(answer);
    await delay(50);
  }
}

/** Sends the start of an upload without a login. The registry denies it if the edge passes it on. */
function sendWrite(target: Target): Promise<HttpAnswer> {
  return sendRequest(target, `/v2/${scratch}/blobs/uploads/`, { method: 'POST' });
}

/** A public domain denies all writes with 403, at any time. */
function isStopped({ status }: HttpAnswer): boolean {
  return status === 503 || status === 403;
}
