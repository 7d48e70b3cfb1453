import { ask, urlOf, type Answer } from '../http-request.ts';
import { inShort } from '../challenge.ts';
import type { OpenDoor } from '../domains.ts';
import { nothing, wrong, type Finding } from '../finding.ts';
import { askTokenServer, bearer, scratch, tokenOf, type Patient } from '../context.ts';

/** Whoever comes without a login gets a token under a public name, and none under a private one. */
export async function doorGivesTokens(patient: Patient, door: OpenDoor): Promise<readonly Finding[]> {
  const { config } = patient;
  const path = `/auth/token?service=${encodeURIComponent(config.service)}&scope=repository:${scratch}:pull`;
  const answer = await ask(door.target, path);
  const wanted = door.kind === 'public' ? 200 : 401;
  if (answer.status !== wanted) {
    const direct = await askTokenServer(patient, path, door.target.as);
    return direct?.status === wanted ? hostLost(door, answer) : outdated(door, inShort(answer));
  }
  if (answer.status !== 200 || !patient.registriesAreWell) return nothing;
  const token = tokenIn(answer);
  const { iss, aud } = claimsIn(token);
  if (iss !== config.issuer || aud !== config.service)
    return outdated(door, `a token of the issuer ${iss} for the service ${aud}`);
  const taken = await ask(door.target, '/v2/', { headers: bearer(token) });
  const ours = await ask(door.target, '/v2/', { headers: bearer(await tokenOf(patient)) });
  // Where ours is refused as well, it is the registry that is asked why.
  if (taken.status === 200 || ours.status !== 200) return nothing;
  return wrong('other_token_server', {
    seen: `a token from ${urlOf(door.target)}/auth/token is refused by the registry behind the same door (${inShort(taken)}); one that doctor signs is not.`,
    means: 'The token server there signs otherwise than this configuration says: nobody can pull.',
    mend: 'Restart dockpass; if that does not help, name the configuration that it runs with: --config FILE.',
  });
}

function hostLost({ target, kind }: OpenDoor, answer: Answer): readonly Finding[] {
  return wrong('edge_host', {
    seen: `under ${urlOf(target)}/auth/token a client without a login gets ${answer.status}; asked without the edge, dockpass knows this name as ${kind}.`,
    means: 'The edge passes the Host header on to the registry, but not to dockpass.',
    mend: 'nginx: proxy_set_header Host $http_host; in the location of /auth/, too. dockpass init writes it.',
  });
}

function outdated({ target, kind, setting }: OpenDoor, got: string): readonly Finding[] {
  return wrong('token_server_outdated', {
    seen: `under ${urlOf(target)}, a ${kind} name (${setting}), a client without a login gets ${got}.`,
    means: 'The running token server has other settings than this configuration.',
    mend: 'Restart dockpass; if that does not help, name the configuration that it runs with: --config FILE.',
  });
}

function tokenIn({ body }: Answer): string {
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
