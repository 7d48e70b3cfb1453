import type { ReachableDomain } from '../domains.ts';
import { noFindings, warning, type Finding } from '../finding.ts';
import { urlOf, type HttpAnswer } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';
import { bearer, createProbeToken } from '../probe-token.ts';
import { scratch } from '../scratch.ts';
import { tokenIntact } from './token-intact.ts';

interface Measured {
  /** The answer to GET /v2/ without a token. */
  readonly denied: HttpAnswer;
  /**
   * The answer when doctor requests, with a valid token, a manifest that does not exist. Undefined if doctor has no
   * signing key, because it then cannot create the token.
   */
  readonly missing: HttpAnswer | undefined;
}

/** Checks that the registry's error bodies and headers reach the client unchanged. */
export const answersIntact = createProbe<ReachableDomain, Measured>({
  after: [tokenIntact],
  measure: async (context, { target }) => {
    const token = await createProbeToken(context, { actions: ['pull'] });
    const path = `/v2/${scratch}/manifests/dockpass-doctor-no-such-tag`;
    return {
      denied: await context.ask(target, '/v2/'),
      missing: token === undefined ? undefined : await context.ask(target, path, bearer(token)),
    };
  },
  judge: ({ denied, missing }, domain, { registriesAreHealthy }) => {
    if (!registriesAreHealthy || denied.status !== 401) return noFindings;
    const answers = [
      { path: '/v2/', answer: denied },
      ...(missing?.status === 404 ? [{ path: 'a missing image', answer: missing }] : []),
    ];
    return [...judgeBodies(answers, domain), ...judgeVersion(denied, domain)];
  },
});

function judgeBodies(
  answers: readonly { path: string; answer: HttpAnswer }[],
  { target }: ReachableDomain,
): readonly Finding[] {
  const changed = answers.find(({ answer: { body } }) => !isRegistryError(body));
  if (changed === undefined) return noFindings;
  const { path, answer } = changed;
  return warning('error_not_json', {
    problem: `${urlOf(target)} answers a request for ${path} with ${answer.status} and a body that is not JSON from the registry: ${answer.body.replace(/\s+/g, ' ').slice(0, 60)}…`,
    impact: 'Clients show "error parsing HTTP response body" instead of the reason why a request was denied.',
    fix: 'nginx: in the location of /v2/, set `proxy_intercept_errors off;`. Traefik: remove the errors middleware. Caddy: remove handle_response.',
  });
}

function judgeVersion(denied: HttpAnswer, { target }: ReachableDomain): readonly Finding[] {
  if (denied.headers['docker-distribution-api-version'] !== undefined) return noFindings;
  return warning('registry_header_stripped', {
    problem: `${urlOf(target)}/v2/ answers without the header Docker-Distribution-Api-Version, which every registry sends.`,
    impact:
      'Older clients conclude that the server does not support version 2 of the registry API, and stop.',
    fix: 'nginx: remove `proxy_hide_header Docker-Distribution-Api-Version;`. Caddy: remove `header_down -Docker-Distribution-Api-Version`.',
  });
}

function isRegistryError(body: string): boolean {
  try {
    return Array.isArray((JSON.parse(body) as { errors?: unknown }).errors);
  } catch {
    return false;
  }
}
