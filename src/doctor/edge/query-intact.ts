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

/**
 * The path and query of a token request for an unknown service. If the query reaches dockpass, dockpass denies the
 * request because of this service, before it checks anything else.
 */
const path = '/auth/token?service=dockpass-doctor.invalid';

/** Checks that the query of a token request reaches dockpass. The query contains the repository and the actions. */
export const queryIntact = createProbe<ReachableDomain, Measured>({
  after: [edgeTokenServers],
  measure: async (context, { target }) => ({
    answer: await context.ask(target, path),
    direct: await askTokenServer(context, path, target.as),
  }),
  judge: ({ answer, direct }, { target }) => {
    const isDropped = dockpassErrorOf(answer) !== 'wrong_service' && [200, 401].includes(answer.status);
    // If dockpass ignores the query even when doctor sends the request directly to dockpass, the edge is not the cause.
    if (!isDropped || (direct !== undefined && dockpassErrorOf(direct) !== 'wrong_service'))
      return noFindings;
    return wrong('query_dropped', {
      problem: `The answer to ${urlOf(target)}${path} is ${summarizeAnswer(answer)}, as if the request had no query.`,
      impact:
        'The query names the repository. Without the query, tokens grant no rights, so no one can pull or push.',
      fix: 'nginx: write proxy_pass without a variable and without a path, such as `proxy_pass http://127.0.0.1:5002;`. Or append $is_args$args to the address. Caddy: do not rewrite the URI.',
    });
  },
});
