import { randomUUID } from 'node:crypto';
import { messageOf } from '../../errors.ts';
import { dockpassErrorOf, summarizeAnswer, tokenErrorOf } from '../network/challenge.ts';
import type { DoctorContext } from '../context.ts';
import type { ReachableDomain } from '../domains.ts';
import { noFindings, wrong, type Finding } from '../finding.ts';
import { sendRequest, urlOf, type HttpAnswer } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';
import { bearer, createProbeToken } from '../probe-token.ts';
import { edgeIssuesTokens } from './edge-issues-tokens.ts';

/** A token for 60 repositories is about 8 kB long. */
const repositories = Array.from(
  { length: 60 },
  (_, at) => `dockpass-doctor/a-repository-with-a-long-name/number-${at}`,
);

interface Measured {
  /** GET /v2/ with a token of ours. */
  readonly short: HttpAnswer;
  /** The same with a query that no cache has seen; undefined unless the registry said that there was no token. */
  readonly uncached: HttpAnswer | undefined;
  /** GET /v2/ with a token for 60 repositories, or why the connection broke. */
  readonly long: HttpAnswer | string;
  readonly longLength: number;
  /** A token request for 60 repositories, whose request line is long, or why the connection broke. */
  readonly longRequest: HttpAnswer | string;
}

/** Does a token arrive at the registry as the client sends it, a long one too? */
export const tokenIntact = createProbe<ReachableDomain, Measured | undefined>({
  after: [edgeIssuesTokens],
  measure: async (context, { target }) => {
    if (context.keys === undefined || !context.registriesAreHealthy) return undefined;
    const headers = bearer(await createProbeToken(context));
    const short = await sendRequest(target, '/v2/', { headers });
    const fresh = `/v2/?dockpass-doctor=${randomUUID()}`;
    const uncached = sawNoToken(short) ? await sendRequest(target, fresh, { headers }) : undefined;
    const longToken = await createProbeToken(context, { repositories, actions: ['pull'] });
    const long = await sendRequest(target, '/v2/', { headers: bearer(longToken) }).catch(messageOf);
    const longRequest = await context.ask(target, longPath(context)).catch(messageOf);
    return { short, uncached, long, longLength: longToken?.length ?? 0, longRequest };
  },
  judge: (measured, domain, { config }) => {
    if (measured === undefined) return noFindings;
    const { short, uncached } = measured;
    if (uncached?.status === 200) return cached(domain);
    if (sawNoToken(short)) return stripped(domain, short);
    // The registry saw the token and rejects it. Its own probes find out why.
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
      problem: `The registry behind ${urlOf(target)} rejects a token of ${longLength} bytes (${summarizeAnswer(long)}), and accepts a short one.`,
      impact:
        'The edge shortens or drops long headers. So clients that use many repositories at once cannot pull.',
      fix: 'Let the edge pass on the Authorization header as it is, up to at least 32 KiB.',
    });
  if (typeof long !== 'string' && long.status === 200 && !isTooLong) return noFindings;
  const [what, answer] =
    typeof long !== 'string' && long.status === 200
      ? [`a token request for 60 repositories (service ${service})`, longRequest]
      : [`GET /v2/ with a token of ${longLength} bytes`, long];
  const said = typeof answer === 'string' ? `by closing the connection (${answer})` : `with ${answer.status}`;
  return wrong('header_too_large', {
    problem: `${urlOf(target)} answers ${what} ${said}. Short ones work.`,
    impact: 'The edge limits the size of headers. So clients that use many repositories at once cannot pull.',
    fix: 'nginx: large_client_header_buffers 4 32k; in the first server block of this port, and proxy_buffer_size 32k; with proxy_buffers 4 32k;. Caddy: remove max_header_size. HAProxy: tune.bufsize 32768.',
  });
}

function stripped({ target }: ReachableDomain, answer: HttpAnswer): Finding[] {
  return wrong('authorization_stripped', {
    problem: `The registry behind ${urlOf(target)}/v2/ answers a request with a token as if it had none: ${summarizeAnswer(answer)}.`,
    impact:
      'The edge removes the Authorization header. Clients get tokens, but every pull and push is denied.',
    fix: 'nginx: remove proxy_set_header Authorization from the location of /v2/ (dockpass init writes the right one). Caddy: remove header_up -Authorization.',
  });
}

function cached({ target }: ReachableDomain): Finding[] {
  return wrong('answers_cached', {
    problem: `${urlOf(target)}/v2/ answers a request with a token with the 401 of an earlier request. With another query the same token works.`,
    impact:
      'The edge caches answers without regard to the token. Clients are denied at random, or see answers for others.',
    fix: 'nginx: proxy_cache off; in the locations of /v2/ and /auth/. Caddy and Traefik: remove the cache plugin there.',
  });
}
