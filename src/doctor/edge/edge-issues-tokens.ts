import { summarizeAnswer } from '../network/challenge.ts';
import { askTokenServer } from '../context.ts';
import type { ReachableDomain } from '../domains.ts';
import { noFindings, wrong, type Finding } from '../finding.ts';
import { urlOf, type HttpAnswer } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';
import { bearer, createProbeToken } from '../probe-token.ts';
import { scratch } from '../scratch.ts';
import { edgeTokenServers } from './edge-token-servers.ts';
import { claimsIn, tokenIn } from './token-answer.ts';

interface Measured {
  /** To a client without a login, through the edge. */
  readonly answer: HttpAnswer;
  /** The same, asked around the edge; undefined if that is not possible from this machine. */
  readonly direct: HttpAnswer | undefined;
  /** How the registry answers the token of this answer; undefined if there is none. */
  readonly withToken: HttpAnswer | undefined;
  /** How the registry answers a token that doctor signed. */
  readonly withOurToken: HttpAnswer | undefined;
}

/** Does a client without a login get a token under a public domain, and none under a private one? */
export const edgeIssuesTokens = createProbe<ReachableDomain, Measured>({
  after: [edgeTokenServers],
  measure: async (context, { target }) => {
    const { ask, config, registriesAreHealthy } = context;
    const path = `/auth/token?service=${encodeURIComponent(config.service)}&scope=repository:${scratch}:pull`;
    const answer = await ask(target, path);
    const hasToken = answer.status === 200 && registriesAreHealthy;
    return {
      answer,
      direct: await askTokenServer(context, path, target.as),
      withToken: hasToken ? await ask(target, '/v2/', bearer(tokenIn(answer))) : undefined,
      withOurToken: hasToken ? await ask(target, '/v2/', bearer(await createProbeToken(context))) : undefined,
    };
  },
  judge: ({ answer, direct, withToken, withOurToken }, domain, { config }) => {
    const expected = domain.kind === 'public' ? 200 : 401;
    if (answer.status !== expected)
      return direct?.status === expected
        ? hostLost(domain, answer)
        : outdated(domain, summarizeAnswer(answer));
    if (withToken === undefined) return noFindings;
    const { iss, aud } = claimsIn(tokenIn(answer));
    if (iss !== config.issuer || aud !== config.service)
      return outdated(domain, `a token of the issuer ${iss} for the service ${aud}`);
    // If the registry rejects our token too, the fault is not the token server's.
    if (withToken.status === 200 || withOurToken?.status !== 200) return noFindings;
    return wrong('other_token_server', {
      problem: `The registry rejects a token from ${urlOf(domain.target)}/auth/token (${summarizeAnswer(withToken)}), but accepts one that doctor signs.`,
      impact: 'The token server there signs differently than this configuration says, so no one can pull.',
      fix: 'Restart dockpass. If that does not help, name the configuration that it runs with: --config FILE.',
    });
  },
});

function hostLost({ target, kind }: ReachableDomain, answer: HttpAnswer): readonly Finding[] {
  return wrong('edge_host', {
    problem: `Under ${urlOf(target)}/auth/token a client without a login gets ${answer.status}. Asked around the edge, dockpass knows this name as ${kind}.`,
    impact: 'The edge passes the Host header on to the registry, but not to dockpass.',
    fix: 'nginx: proxy_set_header Host $http_host; in the location of /auth/ too. dockpass init writes it.',
  });
}

function outdated({ target, kind, setting }: ReachableDomain, got: string): readonly Finding[] {
  return wrong('token_server_outdated', {
    problem: `Under ${urlOf(target)}, a ${kind} domain (${setting}), a client without a login gets ${got}.`,
    impact: 'The running token server has other settings than this configuration.',
    fix: 'Restart dockpass. If that does not help, name the configuration that it runs with: --config FILE.',
  });
}
