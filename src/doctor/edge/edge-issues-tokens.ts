import { sendRequest, urlOf, type HttpAnswer } from '../http-request.ts';
import { summarizeAnswer } from '../challenge.ts';
import type { ReachableDomain } from '../domains.ts';
import { noFindings, wrong, type Finding } from '../finding.ts';
import { requestTokenServer, bearer, scratch, createProbeToken, type DoctorContext } from '../context.ts';

/** Whoever comes without a login gets a token under a public name, and none under a private one. */
export async function edgeIssuesTokens(
  patient: DoctorContext,
  door: ReachableDomain,
): Promise<readonly Finding[]> {
  const { config } = patient;
  const path = `/auth/token?service=${encodeURIComponent(config.service)}&scope=repository:${scratch}:pull`;
  const answer = await sendRequest(door.target, path);
  const wanted = door.kind === 'public' ? 200 : 401;
  if (answer.status !== wanted) {
    const direct = await requestTokenServer(patient, path, door.target.as);
    return direct?.status === wanted ? hostLost(door, answer) : outdated(door, summarizeAnswer(answer));
  }
  if (answer.status !== 200 || !patient.registriesAreHealthy) return noFindings;
  const token = tokenIn(answer);
  const { iss, aud } = claimsIn(token);
  if (iss !== config.issuer || aud !== config.service)
    return outdated(door, `a token of the issuer ${iss} for the service ${aud}`);
  const taken = await sendRequest(door.target, '/v2/', { headers: bearer(token) });
  const ours = await sendRequest(door.target, '/v2/', { headers: bearer(await createProbeToken(patient)) });
  // Where ours is refused as well, it is the registry that is asked why.
  if (taken.status === 200 || ours.status !== 200) return noFindings;
  return wrong('other_token_server', {
    problem: `a token from ${urlOf(door.target)}/auth/token is refused by the registry behind the same door (${summarizeAnswer(taken)}); one that doctor signs is not.`,
    impact: 'The token server there signs otherwise than this configuration says: nobody can pull.',
    fix: 'Restart dockpass; if that does not help, name the configuration that it runs with: --config FILE.',
  });
}

function hostLost({ target, kind }: ReachableDomain, answer: HttpAnswer): readonly Finding[] {
  return wrong('edge_host', {
    problem: `under ${urlOf(target)}/auth/token a client without a login gets ${answer.status}; asked without the edge, dockpass knows this name as ${kind}.`,
    impact: 'The edge passes the Host header on to the registry, but not to dockpass.',
    fix: 'nginx: proxy_set_header Host $http_host; in the location of /auth/, too. dockpass init writes it.',
  });
}

function outdated({ target, kind, setting }: ReachableDomain, got: string): readonly Finding[] {
  return wrong('token_server_outdated', {
    problem: `under ${urlOf(target)}, a ${kind} name (${setting}), a client without a login gets ${got}.`,
    impact: 'The running token server has other settings than this configuration.',
    fix: 'Restart dockpass; if that does not help, name the configuration that it runs with: --config FILE.',
  });
}

function tokenIn({ body }: HttpAnswer): string {
  return /"token":"([^"]+)"/.exec(body)?.[1] ?? '';
}

function claimsIn(token: string): { iss?: string; aud?: string } {
  try {
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
      iss?: string;
      aud?: string;
    };
  } catch {
    return {};
  }
}
