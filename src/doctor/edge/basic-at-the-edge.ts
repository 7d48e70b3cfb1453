import { summarizeAnswer } from '../network/challenge.ts';
import type { ReachableDomain } from '../domains.ts';
import { noFindings, wrong } from '../finding.ts';
import { sendRequest, urlOf, type HttpAnswer } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';
import { scratch } from '../scratch.ts';
import { basicHeader, robotLogin } from './robot-login.ts';

/**
 * Checks that `curl -u NAME:SECRET` works under /v2/. For such a request, the edge calls /auth/forward to exchange the
 * Basic credentials for a token.
 */
export const basicAtTheEdge = createProbe<ReachableDomain, HttpAnswer | undefined>({
  after: [robotLogin],
  measure: async ({ robot }, { target }) => {
    if (robot === undefined) return undefined;
    return sendRequest(target, `/v2/${scratch}/tags/list`, { headers: basicHeader(robot) });
  },
  judge: (answer, { target }) => {
    // 404 and 403 are not faults of the edge. 404 means that doctor's scratch repository is empty. 403 means that
    // dockpass denies access to this repository because of a policy rule.
    if (answer === undefined || [200, 403, 404].includes(answer.status)) return noFindings;
    return wrong('basic_not_forwarded', {
      problem: `A request to ${urlOf(target)}/v2/ with Basic credentials (name and secret) was answered with ${summarizeAnswer(answer)}.`,
      impact:
        '"curl -u NAME https://…/v2/…" and scripts that send Basic credentials fail. Clients that use tokens, such as docker, are not affected.',
      fix: 'Let the edge call /auth/forward for requests with Basic credentials. To write an edge configuration that does this, run: dockpass init --edge-only',
    });
  },
});
