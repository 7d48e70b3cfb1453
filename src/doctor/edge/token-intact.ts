import { randomUUID } from 'node:crypto';
import { describeConnectionError } from '../network/connection-error.ts';
import { dockpassErrorOf, summarizeAnswer, tokenErrorOf } from '../network/challenge.ts';
import type { DoctorContext } from '../context.ts';
import type { ReachableDomain } from '../domains.ts';
import { noFindings, wrong, type Finding } from '../finding.ts';
import { sendRequest, urlOf, type HttpAnswer } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';
import { bearer, createProbeToken } from '../probe-token.ts';
import { edgeIssuesTokens } from './edge-issues-tokens.ts';

/** The 60 repositories to which doctor's long token grants access. Because of them, the token is about 8 kB long. */
const repositories = Array.from(
  { length: 60 },
  (_, at) => `dockpass-doctor/a-repository-with-a-long-name/number-${at}`,
);

interface Measured {
  /** The answer to GET /v2/ with a short token that doctor signed. */
  readonly short: HttpAnswer;
  /**
   * The answer to a second GET /v2/ with the same token. The URL has a random query parameter, so that no cache can
   * answer. doctor sends this request only if `short` looks like the answer to a request without a token: such an
   * answer may come from a cache. Undefined if doctor did not send this request.
   */
  readonly uncached: HttpAnswer | undefined;
  /**
   * The answer to GET /v2/ with a token that is long because it grants access to 60 repositories. If the connection
   * failed, the reason for the failure.
   */
  readonly long: HttpAnswer | string;
  readonly longLength: number;
  /**
   * The answer to a token request whose URL is long because it names 60 repositories; or the reason why the connection
   * failed.
   */
  readonly longRequest: HttpAnswer | string;
}

/** Checks that a token reaches the registry unchanged, even if the token is long. */
export const tokenIntact = createProbe<ReachableDomain, Measured | undefined>({
  after: [edgeIssuesTokens],
  measure: async (context, { target }) => {
    if (context.keys === undefined || !context.registriesAreHealthy) return undefined;
    const headers = bearer(await createProbeToken(context));
    const short = await sendRequest(target, '/v2/', { headers });
    const fresh = `/v2/?dockpass-doctor=${randomUUID()}`;
    const uncached = sawNoToken(short) ? await sendRequest(target, fresh, { headers }) : undefined;
    const longToken = await createProbeToken(context, { repositories, actions: ['pull'] });
    const long = await sendRequest(target, '/v2/', { headers: bearer(longToken) }).catch(
      describeConnectionError,
    );
    const longRequest = await context.ask(target, longPath(context)).catch(describeConnectionError);
    return { short, uncached, long, longLength: longToken?.length ?? 0, longRequest };
  },
  judge: (measured, domain, { config }) => {
    if (measured === undefined) return noFindings;
    const { short, uncached } = measured;
    if (uncached?.status === 200) return cached(domain);
    if (sawNoToken(short)) return stripped(domain, short);
    // The registry received the token but rejects it, so the edge is not the cause. The checks of the registry find the
    // cause.
    if (short.status !== 200) return noFindings;
    return judgeLong(measured, domain, config.service);
  },
});

function longPath({ config }: DoctorContext): string {
  const scopes = repositories.map((name) => `&scope=repository:${name}:pull`);
  return `/auth/token?service=${encodeURIComponent(config.service)}${scopes.join('')}`;
}

function sawNoToken(answer: HttpAnswer): boolean {
  return answer.status === 401 && tokenErrorOf(answer) === undefined;
}

function judgeLong(
  { long, longLength, longRequest }: Measured,
  { target }: ReachableDomain,
  service: string,
): readonly Finding[] {
  const isTooLong =
    typeof longRequest === 'string' ||
    ([400, 413, 414, 431, 494].includes(longRequest.status) && dockpassErrorOf(longRequest) === undefined);
  if (typeof long !== 'string' && long.status === 401)
    return wrong('token_shortened', {
      problem: `The registry behind ${urlOf(target)} rejects a token of ${longLength} bytes (${summarizeAnswer(long)}), but accepts a short token.`,
      impact:
        'The edge shortens or drops long headers. So clients that use many repositories at once cannot pull.',
      fix: 'Make the edge pass on the Authorization header unchanged, and raise its limit for the size of headers to 32 KiB or more.',
    });
  if (typeof long !== 'string' && long.status === 200 && !isTooLong) return noFindings;
  const [what, answer] =
    typeof long !== 'string' && long.status === 200
      ? [`a token request for 60 repositories (service ${service})`, longRequest]
      : [`GET /v2/ with a token of ${longLength} bytes`, long];
  const said = typeof answer === 'string' ? `by closing the connection (${answer})` : `with ${answer.status}`;
  return wrong('header_too_large', {
    problem: `${urlOf(target)} answers ${what} ${said}. Shorter requests work.`,
    impact: 'The edge limits the size of headers. So clients that use many repositories at once cannot pull.',
    fix: 'nginx: in the first server block of this port, set `large_client_header_buffers 4 32k;`. In the server block of this domain, set `proxy_buffer_size 32k;` and `proxy_buffers 4 32k;`. Caddy: remove max_header_size. HAProxy: set `tune.bufsize 32768`.',
  });
}

function stripped({ target }: ReachableDomain, answer: HttpAnswer): Finding[] {
  return wrong('authorization_stripped', {
    problem: `doctor sent a request with a token to ${urlOf(target)}/v2/. The registry answered as if the request had no token: ${summarizeAnswer(answer)}.`,
    impact:
      'The edge removes the Authorization header. Clients get tokens, but every pull and push is denied.',
    fix: 'nginx: remove proxy_set_header Authorization from the location of /v2/ (dockpass init writes the correct line). Caddy: remove header_up -Authorization.',
  });
}

function cached({ target }: ReachableDomain): Finding[] {
  return wrong('answers_cached', {
    problem: `A request to ${urlOf(target)}/v2/ with a valid token gets a cached 401 answer. If doctor adds a query parameter to the URL, the same token works.`,
    impact:
      'The edge caches answers without regard to the token. Clients are denied at random, or get answers that were meant for other clients.',
    fix: 'nginx: in the locations of /v2/ and /auth/, set `proxy_cache off;`. Caddy and Traefik: remove the cache plugin from /v2/ and /auth/.',
  });
}
