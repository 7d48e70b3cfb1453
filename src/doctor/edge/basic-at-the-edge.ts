import { summarizeAnswer } from '../network/challenge.ts';
import type { ReachableDomain } from '../domains.ts';
import { noFindings, wrong } from '../finding.ts';
import { sendRequest, urlOf, type HttpAnswer } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';
import { scratch } from '../scratch.ts';
import { basicHeader, robotLogin } from './robot-login.ts';

/** Does `curl -u NAME:SECRET` work under /v2/? The edge turns Basic into a token with the help of /auth/forward. */
export const basicAtTheEdge = createProbe<ReachableDomain, HttpAnswer | undefined>({
  after: [robotLogin],
  measure: async ({ robot }, { target }) => {
    if (robot === undefined) return undefined;
    return sendRequest(target, `/v2/${scratch}/tags/list`, { headers: basicHeader(robot) });
  },
  judge: (answer, { target }) => {
    // 404: the scratch repository is empty. 403: dockpass was asked, and a rule denies the repository.
    if (answer === undefined || [200, 403, 404].includes(answer.status)) return noFindings;
    return wrong('basic_not_forwarded', {
      problem: `${urlOf(target)}/v2/ answers a request with a name and a secret (Basic) with ${summarizeAnswer(answer)}.`,
      impact:
        '"curl -u NAME https://…/v2/…" and scripts that send Basic are denied. docker and other clients that use tokens work.',
      fix: "Let the edge ask /auth/forward for requests with Basic. dockpass init --edge-only writes the edge's file with it.",
    });
  },
});
