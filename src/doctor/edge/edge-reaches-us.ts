import { ask, urlOf, type Answer } from '../http-request.ts';
import { challengesIn, inShort } from '../challenge.ts';
import type { OpenDoor } from '../domains.ts';
import { nothing, wrong, type Finding } from '../finding.ts';
import type { Patient } from '../context.ts';

/** Are the registry and the token server behind this door, each under its path? */
export async function doorLeadsToUs(
  { registriesAreWell }: Patient,
  { target, name, setting }: OpenDoor,
): Promise<readonly Finding[]> {
  const where = urlOf(target);
  const registry = await ask(target, '/v2/');
  const keys = await ask(target, '/auth/jwks');
  const basic = [registry, keys].find((answer) =>
    challengesIn(answer).some(({ scheme }) => scheme === 'basic'),
  );
  // The registry's own Basic, perhaps, which is told of already.
  if (basic === registry && !registriesAreWell) return nothing;
  if (basic !== undefined || isLogin(registry) || isLogin(keys))
    return wrong('edge_own_login', {
      seen: `${where} answers ${basic === keys ? 'GET /auth/jwks' : 'GET /v2/'} with ${inShort(basic ?? (isLogin(registry) ? registry : keys))}: the edge asks for a login of its own.`,
      means:
        'Clients send one Authorization header, the token: with a second login in front, none gets through.',
      mend: 'Take auth_basic (nginx), basicauth (Caddy), basicAuth (Traefik) or the single sign-on off /v2/ and /auth/: dockpass is what asks for the login here.',
    });
  const isRegistry = registry.headers['docker-distribution-api-version'] !== undefined || isBearer(registry);
  const isTokenServer = holdsKeys(keys);
  if (isOurRefusal(registry) && !isRegistry)
    return wrong('v2_to_token_server', {
      seen: `${where}/v2/ is answered by the token server (${inShort(registry)}).`,
      means: 'Clients look for the registry there, and find none.',
      mend: "In the edge's configuration: send /v2/ to the registry, and /auth/ alone to dockpass. dockpass init writes it.",
    });
  if (isUnavailable(registry))
    return wrong('registry_unreachable', {
      seen: `${where}/v2/ is answered by the edge with ${inShort(registry)}: it cannot reach the registry.`,
      means: 'Nobody can pull or push.',
      mend: "Start the registry, or correct its address in the edge's configuration.",
    });
  if (isUnavailable(keys))
    return wrong('token_server_unreachable', {
      seen: `${where}/auth/ is answered by the edge with ${inShort(keys)}: it cannot reach dockpass.`,
      means: 'Nobody gets a token, so nobody can pull or push.',
      mend: "Start dockpass (dockpass serve), or correct its address in the edge's configuration: `listen` in dockpass.yml.",
    });
  if (!isRegistry && !isTokenServer)
    return wrong('name_elsewhere', {
      seen: `${where} answers GET /v2/ with ${inShort(registry)} and GET /auth/jwks with ${inShort(keys)}: neither is ours.`,
      means: `${name} leads to another server than the edge, or is misspelled in ${setting}.`,
      mend: `Correct the address of ${name} in DNS, or its spelling in ${setting}. If the edge listens on another port: --edge URL.`,
    });
  if (!isRegistry)
    return wrong('v2_not_routed', {
      seen: `${where} answers GET /v2/ with ${inShort(registry)}: that is no registry.`,
      means: 'Clients look for the registry there, and find none.',
      mend: "In the edge's configuration: send /v2/ to the registry. dockpass init writes it.",
    });
  if (!isTokenServer)
    return wrong('auth_not_routed', {
      seen: `${where} answers GET /auth/jwks with ${inShort(keys)}: that is not dockpass.`,
      means: 'Clients are sent to /auth/token for a token, and get 404: nobody can log in, pull or push.',
      mend: "In the edge's configuration: send /auth/ to dockpass. dockpass init writes it.",
    });
  return nothing;
}

function isBearer(answer: Answer): boolean {
  return answer.status === 401 && challengesIn(answer)[0]?.scheme === 'bearer';
}

/** A single sign-on sends browsers to its own pages. */
function isLogin({ status, headers }: Answer): boolean {
  return status >= 300 && status < 400 && /login|signin|sso|oauth|auth\./i.test(headers.location ?? '');
}

function isUnavailable({ status }: Answer): boolean {
  return status === 502 || status === 503 || status === 504;
}

/** Every refusal of dockpass carries its code (http/error-response.ts). */
function isOurRefusal({ body }: Answer): boolean {
  return /"detail":\{"code":"[a-z_]+"/.test(body);
}

export function holdsKeys({ status, body }: Answer): boolean {
  return status === 200 && /"keys":\[/.test(body);
}
