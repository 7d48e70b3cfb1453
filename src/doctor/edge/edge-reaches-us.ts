import { dockpassErrorOf, parseChallenges, summarizeAnswer } from '../network/challenge.ts';
import type { ReachableDomain } from '../domains.ts';
import { noFindings, wrong, type Finding } from '../finding.ts';
import { urlOf, type HttpAnswer } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';

interface Measured {
  /** The answer to GET /v2/. */
  readonly registry: HttpAnswer;
  /** The answer to GET /auth/jwks. */
  readonly keys: HttpAnswer;
}

/** Checks that the edge sends /v2/ to the registry and /auth/ to dockpass. */
export const edgeReachesBoth = createProbe<ReachableDomain, Measured>({
  measure: async ({ ask }, { target }) => ({
    registry: await ask(target, '/v2/'),
    keys: await ask(target, '/auth/jwks'),
  }),
  judge: (measured, domain, { registriesAreHealthy }) => {
    const { registry, keys } = measured;
    const basic = [registry, keys].find(hasOnlyBasic);
    // A Basic challenge in the answer to /v2/ can come from the edge or from the registry. If doctor has already found
    // a fault in a registry, the registry may be the cause. So do not report the challenge as a fault of the edge.
    if (basic === registry && !registriesAreHealthy) return noFindings;
    if (basic !== undefined || isLogin(registry) || isLogin(keys)) return ownLogin(measured, domain);
    if (isRedirect(registry) || isRedirect(keys)) return redirected(measured, domain);
    return judgeRoutes(measured, domain);
  },
});

function judgeRoutes({ registry, keys }: Measured, { target, name, setting }: ReachableDomain): Finding[] {
  const where = urlOf(target);
  const isRegistry = registry.headers['docker-distribution-api-version'] !== undefined || isBearer(registry);
  const isTokenServer = isKeySet(keys);
  if (dockpassErrorOf(registry) !== undefined && !isRegistry)
    return wrong('v2_to_token_server', {
      problem: `The token server answers requests to ${where}/v2/ (${summarizeAnswer(registry)}).`,
      impact: 'Clients expect the registry at /v2/, but do not reach it there.',
      fix: "In the edge's configuration, send /v2/ to the registry, and only /auth/ to dockpass. dockpass init writes this configuration.",
    });
  if (isUnavailable(registry))
    return wrong('registry_unreachable', {
      problem: `The edge answers ${where}/v2/ with ${summarizeAnswer(registry)}, because the edge cannot reach the registry.`,
      impact: 'No one can pull or push.',
      fix: "Start the registry, or correct its address in the edge's configuration.",
    });
  if (isUnavailable(keys))
    return wrong('token_server_unreachable', {
      problem: `The edge answers ${where}/auth/ with ${summarizeAnswer(keys)}, because the edge cannot reach dockpass.`,
      impact: 'Clients get no tokens, so no one can pull or push.',
      fix: "Start dockpass (dockpass serve). Or set the address of dockpass in the edge's configuration to the value of `listen` in dockpass.yml.",
    });
  if (!isRegistry && !isTokenServer)
    return wrong('name_elsewhere', {
      problem: `${where} answers GET /v2/ with ${summarizeAnswer(registry)} and GET /auth/jwks with ${summarizeAnswer(keys)}. Neither answer comes from the registry or from dockpass.`,
      impact: `Either ${name} points to a server that is not the edge, or the name is misspelled in ${setting}.`,
      fix: `Correct the address of ${name} in DNS, or the spelling of the name in ${setting}. If the edge listens on another port, run doctor with --edge URL.`,
    });
  if (!isRegistry)
    return wrong('v2_not_routed', {
      problem: `${where} answers GET /v2/ with ${summarizeAnswer(registry)}. This answer does not come from a registry.`,
      impact: 'Clients expect the registry at /v2/, but do not reach it there.',
      fix: "In the edge's configuration, send /v2/ to the registry. dockpass init writes this configuration.",
    });
  if (!isTokenServer)
    return wrong('auth_not_routed', {
      problem: `${where} answers GET /auth/jwks with ${summarizeAnswer(keys)}. This answer does not come from dockpass.`,
      impact: 'Clients ask for a token at /auth/token and get 404, so no one can log in, pull or push.',
      fix: "In the edge's configuration, send /auth/ to dockpass. dockpass init writes this configuration.",
    });
  return [];
}

function ownLogin({ registry, keys }: Measured, { target }: ReachableDomain): Finding[] {
  const asksForKeys = !hasOnlyBasic(registry) && !isLogin(registry);
  const [path, answer] = asksForKeys ? ['/auth/jwks', keys] : ['/v2/', registry];
  return wrong('edge_own_login', {
    problem: `${urlOf(target)} answers GET ${path} with ${summarizeAnswer(answer)}: the edge requires a login of its own.`,
    impact:
      'Clients send only one Authorization header, which contains the password or token for dockpass. They cannot also log in to the edge, so every request fails.',
    fix: 'Remove auth_basic (nginx), basicauth (Caddy), basicAuth (Traefik) or the single sign-on from /v2/ and /auth/. dockpass handles the login.',
  });
}

function redirected({ registry, keys }: Measured, { target }: ReachableDomain): Finding[] {
  const [path, answer] = isRedirect(registry) ? ['/v2/', registry] : ['/auth/jwks', keys];
  return wrong('edge_redirects', {
    problem: `${urlOf(target)} answers GET ${path} with ${answer.status} and Location: ${answer.headers.location ?? ''}.`,
    impact:
      'When clients follow a redirect to another host or scheme, they do not send the token or the password, and they change POST to GET. So logins and pushes fail.',
    fix: 'Remove the redirect from /v2/ and /auth/. In nginx, it is a `return 301` or `rewrite` directive; in Caddy, a `redir` directive; in Traefik, a redirectRegex or redirectScheme middleware. If clients should use the host name in Location, replace the redirected host name in dockpass.yml with the host name in Location.',
  });
}

function hasOnlyBasic(answer: HttpAnswer): boolean {
  const challenges = parseChallenges(answer);
  return challenges.length > 0 && challenges.every(({ scheme }) => scheme === 'basic');
}

function isBearer(answer: HttpAnswer): boolean {
  return answer.status === 401 && parseChallenges(answer)[0]?.scheme === 'bearer';
}

function isRedirect({ status, headers }: HttpAnswer): boolean {
  return status >= 300 && status < 400 && headers.location !== undefined;
}

/** Returns true if the answer redirects to a login page, as the answers of single sign-on systems do. */
function isLogin(answer: HttpAnswer): boolean {
  return isRedirect(answer) && /login|signin|sso|oauth|auth\./i.test(answer.headers.location ?? '');
}

function isUnavailable({ status }: HttpAnswer): boolean {
  return status === 502 || status === 503 || status === 504;
}

export function isKeySet({ status, body }: HttpAnswer): boolean {
  return status === 200 && /"keys":\[/.test(body);
}
