import { sendRequest } from '../http-request.ts';
import { parseChallenges, summarizeAnswer } from '../challenge.ts';
import { noFindings, wrong, type Finding } from '../finding.ts';
import type { DoctorContext, Registry } from '../context.ts';

/** Does the registry want a token, and nothing else? */
export async function registryAsksForToken(
  patient: DoctorContext,
  registry: Registry,
): Promise<readonly Finding[]> {
  const answer = await sendRequest(registry.target, '/v2/');
  const where = registry.url.origin;
  if (answer.status === 200)
    return (await edgeAsks(patient)) ? openAroundEdge(where) : withoutAuth(where, registry);
  if (parseChallenges(answer).some(({ scheme }) => scheme === 'basic') && !registry.behindEdge)
    return wrong('registry_basic_auth', {
      problem: `the registry at ${where} answers GET /v2/ with ${summarizeAnswer(answer)}.`,
      impact:
        'It asks for a password of its own: an htpasswd section stands beside or instead of token, in its file or its environment, and no token of ours is looked at.',
      fix: 'Leave auth.token alone in its configuration and unset REGISTRY_AUTH_HTPASSWD_…, then restart it; users come over with: dockpass import htpasswd FILE',
    });
  return noFindings;
}

/** The edge asks for what the registry behind it does not. */
async function edgeAsks({ domains }: DoctorContext): Promise<boolean> {
  for (const { reached } of domains) {
    if (reached.state !== 'open') continue;
    const answer = await sendRequest(reached.target, '/v2/').catch(() => undefined);
    if (answer?.status === 401) return true;
  }
  return false;
}

function withoutAuth(where: string, { file }: Registry): Finding[] {
  const auth = file === undefined ? undefined : file.auths.length === 0 ? 'has no auth section' : undefined;
  return wrong('registry_without_auth', {
    problem: `${where} answers GET /v2/ with 200 to a client without a token${auth === undefined ? '' : `; ${file?.origin} ${auth}`}.`,
    impact:
      'The registry asks nobody for a token: everyone who reaches it may pull, push and overwrite everything.',
    fix: 'Give it the auth.token section that "dockpass init" writes (registry-config.yml), and restart it.',
  });
}

function openAroundEdge(where: string): Finding[] {
  return wrong('registry_open_around_edge', {
    problem: `${where} answers GET /v2/ with 200 to a client without a token, while the edge asks for one.`,
    impact: 'Whoever reaches that address goes around the edge, and may pull, push and overwrite everything.',
    fix: 'Give the registry the auth.token section that "dockpass init" writes (registry-config.yml), let it listen on 127.0.0.1 alone (http.addr), and restart it.',
  });
}
