import { dockpassErrorOf, summarizeAnswer } from '../network/challenge.ts';
import type { ReachableDomain } from '../domains.ts';
import { noFindings, wrong } from '../finding.ts';
import { urlOf, type HttpAnswer } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';
import { scratch } from '../scratch.ts';
import { edgeTokenServers } from './edge-token-servers.ts';

/** Three spellings of the same path. An edge that compares paths literally may block only the first spelling. */
const paths = ['/auth/forward', '/auth//forward', '/auth/%66orward'];

interface Exposed {
  readonly path: string;
  readonly answer: HttpAnswer;
}

/**
 * Checks that clients cannot call `/auth/forward`. Only the edge may call this endpoint, with headers that describe the
 * request of a client.
 */
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
      problem: `Any client can call ${urlOf(target)}${exposed.path}: dockpass answers with ${summarizeAnswer(exposed.answer)}.`,
      impact:
        '/auth/forward trusts the headers that describe a request, because only the edge should send these headers. A client that calls /auth/forward can write anything into the headers.',
      fix: 'nginx: add `location ~* ^/+auth/+forward { return 404; }`. Caddy: respond with 404 to paths that match `path_regexp (?i)^/+auth/+forward`. dockpass init writes this rule.',
    });
  },
});
