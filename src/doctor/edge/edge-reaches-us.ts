import { sendRequest, urlOf, type HttpAnswer } from '../http-request.ts';
import { parseChallenges, summarizeAnswer } from '../challenge.ts';
import type { ReachableDomain } from '../domains.ts';
import { noFindings, wrong, type Finding } from '../finding.ts';
import type { DoctorContext } from '../context.ts';

/** Are the registry and the token server behind this door, each under its path? */
export async function edgeReachesTokenServer(
  { registriesAreHealthy }: DoctorContext,
  { target, name, setting }: ReachableDomain,
): Promise<readonly Finding[]> {
  const where = urlOf(target);
  const registry = await sendRequest(target, '/v2/');
  const keys = await sendRequest(target, '/auth/jwks');
  const basic = [registry, keys].find((answer) =>
    parseChallenges(answer).some(({ scheme }) => scheme === 'basic'),
  );
  // The registry's own Basic, perhaps, which is told of already.
  if (basic === registry && !registriesAreHealthy) return noFindings;
  if (basic !== undefined || isLogin(registry) || isLogin(keys))
    return wrong('edge_own_login', {
      problem: `${where} answers ${basic === keys ? 'GET /auth/jwks' : 'GET /v2/'} with ${summarizeAnswer(basic ?? (isLogin(registry) ? registry : keys))}: the edge asks for a login of its own.`,
      impact:
        'Clients send one Authorization header, the token: with a second login in front, none gets through.',
      fix: 'Take auth_basic (nginx), basicauth (Caddy), basicAuth (Traefik) or the single sign-on off /v2/ and /auth/: dockpass is what asks for the login here.',
    });
  const isRegistry = registry.headers['docker-distribution-api-version'] !== undefined || isBearer(registry);
  const isTokenServer = isKeySet(keys);
  if (isOurRefusal(registry) && !isRegistry)
    return wrong('v2_to_token_server', {
      problem: `${where}/v2/ is answered by the token server (${summarizeAnswer(registry)}).`,
      impact: 'Clients look for the registry there, and find none.',
      fix: "In the edge's configuration: send /v2/ to the registry, and /auth/ alone to dockpass. dockpass init writes it.",
    });
  if (isUnavailable(registry))
    return wrong('registry_unreachable', {
      problem: `${where}/v2/ is answered by the edge with ${summarizeAnswer(registry)}: it cannot reach the registry.`,
      impact: 'Nobody can pull or push.',
      fix: "Start the registry, or correct its address in the edge's configuration.",
    });
  if (isUnavailable(keys))
    return wrong('token_server_unreachable', {
      problem: `${where}/auth/ is answered by the edge with ${summarizeAnswer(keys)}: it cannot reach dockpass.`,
      impact: 'Nobody gets a token, so nobody can pull or push.',
      fix: "Start dockpass (dockpass serve), or correct its address in the edge's configuration: `listen` in dockpass.yml.",
    });
  if (!isRegistry && !isTokenServer)
    return wrong('name_elsewhere', {
      problem: `${where} answers GET /v2/ with ${summarizeAnswer(registry)} and GET /auth/jwks with ${summarizeAnswer(keys)}: neither is ours.`,
      impact: `${name} leads to another server than the edge, or is misspelled in ${setting}.`,
      fix: `Correct the address of ${name} in DNS, or its spelling in ${setting}. If the edge listens on another port: --edge URL.`,
    });
  if (!isRegistry)
    return wrong('v2_not_routed', {
      problem: `${where} answers GET /v2/ with ${summarizeAnswer(registry)}: that is no registry.`,
      impact: 'Clients look for the registry there, and find none.',
      fix: "In the edge's configuration: send /v2/ to the registry. dockpass init writes it.",
    });
  if (!isTokenServer)
    return wrong('auth_not_routed', {
      problem: `${where} answers GET /auth/jwks with ${summarizeAnswer(keys)}: that is not dockpass.`,
      impact: 'Clients are sent to /auth/token for a token, and get 404: nobody can log in, pull or push.',
      fix: "In the edge's configuration: send /auth/ to dockpass. dockpass init writes it.",
    });
  return noFindings;
}

function isBearer(answer: HttpAnswer): boolean {
  return answer.status === 401 && parseChallenges(answer)[0]?.scheme === 'bearer';
}

/** A single sign-on sends browsers to its own pages. */
function isLogin({ status, headers }: HttpAnswer): boolean {
  return status >= 300 && status < 400 && /login|signin|sso|oauth|auth\./i.test(headers.location ?? '');
}

function isUnavailable({ status }: HttpAnswer): boolean {
  return status === 502 || status === 503 || status === 504;
}

/** Every refusal of dockpass carries its code (http/error-response.ts). */
function isOurRefusal({ body }: HttpAnswer): boolean {
  return /"detail":\{"code":"[a-z_]+"/.test(body);
}

export function isKeySet({ status, body }: HttpAnswer): boolean {
  return status === 200 && /"keys":\[/.test(body);
}
