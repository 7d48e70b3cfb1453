import { dockpassErrorOf, summarizeAnswer } from '../network/challenge.ts';
import type { ReachableDomain } from '../domains.ts';
import { noFindings, wrong } from '../finding.ts';
import { urlOf, type HttpAnswer } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';
import { scratch } from '../scratch.ts';
import { edgeTokenServers } from './edge-token-servers.ts';

/** Three spellings of one path: an edge that compares paths letter by letter may hide only the first. */
const paths = ['/auth/forward', '/auth//forward', '/auth/%66orward'];

interface Exposed {
  readonly path: string;
  readonly answer: HttpAnswer;
}

/** Is `/auth/forward` hidden from clients? It is for the edge only, which tells it about the request of a client. */
export const forwardHidden = createProbe<ReachableDomain, Exposed | undefined>({
  after: [edgeTokenServers],
  measure: async ({ ask }, { target }) => {
    const headers = { 'X-Forwarded-Method': 'GET', 'X-Forwarded-Uri': `/v2/${scratch}/tags/list` };
    for (const path of paths) {
      const answer = await ask(target, path, headers);
      const isOurs = dockpassErrorOf(answer) !== undefined || answer.headers.authorization !== undefined;
      if (isOurs && answer.status !== 404) return { path, answer };
    }
    return undefined;
  },
  judge: (exposed, { target }) => {
    if (exposed === undefined) return noFindings;
    return wrong('forward_exposed', {
      problem: `dockpass answers ${urlOf(target)}${exposed.path} to any client (${summarizeAnswer(exposed.answer)}).`,
      impact: 'This endpoint trusts what the edge tells about a request. A client can tell it anything.',
      fix: 'nginx: location ~* ^/+auth/+forward { return 404; }. Caddy: respond 404 for path_regexp (?i)^/+auth/+forward. dockpass init writes it.',
    });
  },
});
