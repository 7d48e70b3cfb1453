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
  /** The answer when doctor requests a token through the edge without a login. */
  readonly answer: HttpAnswer;
  /**
   * The answer when doctor sends the same request to the token server without the edge. Undefined if this machine
   * cannot reach the token server directly.
   */
  readonly direct: HttpAnswer | undefined;
  /**
   * The registry's response to the token from `answer`. Undefined if `answer` contains no token, or if doctor has
   * already found a fault in a registry.
   */
  readonly withToken: HttpAnswer | undefined;
  /**
   * What the registry answers when doctor sends it a token that doctor signed itself. Undefined if `answer` contains no
   * token, or if doctor has already found a fault in a registry.
   */
  readonly withOurToken: HttpAnswer | undefined;
}

/** Checks that a client without a login gets a token under a public domain, and no token under a private domain. */
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
    // If the registry also rejects the token that doctor signed, the cause of the rejection is not the token server.
    if (withToken.status === 200 || withOurToken?.status !== 200) return noFindings;
    return wrong('other_token_server', {
      problem: `The registry rejects a token from ${urlOf(domain.target)}/auth/token (${summarizeAnswer(withToken)}), but accepts a token that doctor signs.`,
      impact:
        'The token server under this domain uses other keys or other settings than doctor. So no one can pull.',
      fix: 'Restart dockpass. If that does not help, run doctor with the configuration file that dockpass uses: --config FILE.',
    });
  },
});

function hostLost({ target, kind }: ReachableDomain, answer: HttpAnswer): readonly Finding[] {
  return wrong('edge_host', {
    problem: `A client without a login gets ${answer.status} from ${urlOf(target)}/auth/token. If doctor sends the same request directly to dockpass, the answer is correct for a ${kind} domain.`,
    impact:
      'The edge passes the Host header on to the registry, but not to dockpass. So dockpass does not recognize the domain.',
    fix: 'nginx: in the locations of /v2/ and /auth/, set `proxy_set_header Host $http_host;`. dockpass init writes such a line.',
  });
}

function outdated({ target, kind, setting }: ReachableDomain, got: string): readonly Finding[] {
  return wrong('token_server_outdated', {
    problem: `A client without a login gets ${got} under ${urlOf(target)}. But this domain is configured as a ${kind} domain (${setting}).`,
    impact: 'The settings of the running token server differ from the configuration that doctor has read.',
    fix: 'Restart dockpass. If that does not help, run doctor with the configuration file that dockpass uses: --config FILE.',
  });
}
