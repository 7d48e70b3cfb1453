import { parseChallenges, summarizeAnswer } from '../network/challenge.ts';
import type { ReachableDomain } from '../domains.ts';
import { noFindings, wrong } from '../finding.ts';
import { urlOf, type HttpAnswer } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';
import { edgeReachesBoth } from './edge-reaches-us.ts';

/** Checks that exactly one challenge (WWW-Authenticate) reaches the client: the challenge of the registry. */
export const challengeIntact = createProbe<ReachableDomain, HttpAnswer>({
  after: [edgeReachesBoth],
  measure: async ({ ask }, { target }) => ask(target, '/v2/'),
  judge: (answer, { target }, { registriesAreHealthy }) => {
    if (!registriesAreHealthy || answer.status !== 401) return noFindings;
    const schemes = parseChallenges(answer).map(({ scheme }) => scheme);
    if (schemes.length === 0)
      return wrong('challenge_stripped', {
        problem: `${urlOf(target)} answers GET /v2/ with ${summarizeAnswer(answer)} and without a WWW-Authenticate header.`,
        impact:
          'The header tells clients where to get a token. Without the header, clients fail with "authentication required".',
        fix: 'nginx: remove `proxy_hide_header WWW-Authenticate;`. If `error_page 401` is set, make sure that the error page is sent with the WWW-Authenticate header. Caddy: remove `header_down -WWW-Authenticate`. Traefik: remove the headers middleware.',
      });
    if (schemes.length === 1) return noFindings;
    return wrong('two_challenges', {
      problem: `${urlOf(target)} answers GET /v2/ with ${schemes.length} challenges: ${answer.headers['www-authenticate'] ?? ''}.`,
      impact:
        'docker, skopeo, crane and oras cannot pull without a login if there is more than one challenge.',
      fix: 'Let the edge pass on the challenge of the registry unchanged. nginx: remove the directive `add_header WWW-Authenticate`. Caddy: remove the directive `header +WWW-Authenticate`.',
    });
  },
});
