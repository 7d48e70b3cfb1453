import { dockpassErrorOf, summarizeAnswer } from '../network/challenge.ts';
import { askTokenServer } from '../context.ts';
import type { ReachableDomain } from '../domains.ts';
import { noFindings, wrong } from '../finding.ts';
import { urlOf, type HttpAnswer } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';
import { edgeTokenServers } from './edge-token-servers.ts';

interface Measured {
  readonly answer: HttpAnswer;
  readonly direct: HttpAnswer | undefined;
}

/** dockpass denies a request for this service before anything else, but only if it sees the query. */
const path = '/auth/token?service=dockpass-doctor.invalid';

/** Does the query of a token request arrive at dockpass? It holds the repository and the actions. */
export const queryIntact = createProbe<ReachableDomain, Measured>({
  after: [edgeTokenServers],
  measure: async (context, { target }) => ({
    answer: await context.ask(target, path),
    direct: await askTokenServer(context, path, target.as),
  }),
  judge: ({ answer, direct }, { target }) => {
    const isDropped = dockpassErrorOf(answer) !== 'wrong_service' && [200, 401].includes(answer.status);
    // If it is the same around the edge, the edge is not the cause.
    if (!isDropped || (direct !== undefined && dockpassErrorOf(direct) !== 'wrong_service'))
      return noFindings;
    return wrong('query_dropped', {
      problem: `${urlOf(target)}${path} is answered with ${summarizeAnswer(answer)}, as if the request had no query.`,
      impact:
        'The query names the repository. Without it tokens are valid for nothing, so no one can pull or push.',
      fix: 'nginx: write proxy_pass without a variable and without a path (proxy_pass http://127.0.0.1:5002;), or add $is_args$args. Caddy: do not rewrite the URI.',
    });
  },
});
