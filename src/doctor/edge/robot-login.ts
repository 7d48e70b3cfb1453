import { randomUUID } from 'node:crypto';
import { dockpassErrorOf, summarizeAnswer } from '../network/challenge.ts';
import type { DoctorContext } from '../context.ts';
import type { ReachableDomain } from '../domains.ts';
import { noFindings, warning, wrong, type Finding } from '../finding.ts';
import { sendRequest, urlOf, type HttpAnswer } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';
import { scratch } from '../scratch.ts';
import { robotActions, type DoctorRobot } from '../robot.ts';
import { claimsIn, tokenIn } from './token-answer.ts';

/**
 * How many times doctor repeats a failed login of its robot. If several token servers are behind the edge, perhaps only
 * some of them know the robot, so a repeated login may succeed.
 */
const repeatCount = 4;

interface Measured {
  /** The answer to the robot's first token request. */
  readonly answer: HttpAnswer;
  /** The answers when doctor repeats the robot's first token request; empty if the first request succeeded. */
  readonly repeated: readonly HttpAnswer[];
  /**
   * The answer to a token request of the robot with a random query parameter, so that the answer cannot come from a
   * cache. doctor sends this request only if the robot's first token request failed. Otherwise, this is undefined.
   */
  readonly uncached: HttpAnswer | undefined;
  /**
   * The answer to a token request without an Authorization header. doctor sends this request after the requests of the
   * robot. If a cache ignores the Authorization header, it may now answer with the robot's token.
   */
  readonly anonymous: HttpAnswer;
}

/**
 * Checks that doctor's robot gets a token through the edge. Under a private domain, the token must grant all rights of
 * the robot. Under a public domain, the token must grant at most pull.
 */
export const robotLogin = createProbe<ReachableDomain, Measured | undefined>({
  measure: async (context, { target }) => {
    const { robot, config } = context;
    if (robot === undefined) return undefined;
    const path = tokenPath(config.service, robot);
    // Send a request without an Authorization header before the robot logs in. If a cache in the edge ignores this
    // header, the cache stores the answer and also sends it to the robot. The robot's login below then fails and
    // reveals the cache.
    await sendRequest(target, path);
    const answer = await robotToken(context, { target }, robot);
    const failed = answer.status !== 200;
    const headers = basicHeader(robot);
    const repeated: HttpAnswer[] = [];
    for (let sent = 0; failed && sent < repeatCount; sent++)
      repeated.push(await sendRequest(target, path, { headers }));
    const fresh = `${path}&dockpass-doctor=${randomUUID()}`;
    return {
      answer,
      repeated,
      uncached: failed ? await sendRequest(target, fresh, { headers }) : undefined,
      anonymous: await sendRequest(target, path),
    };
  },
  judge: (measured, domain) => {
    if (measured === undefined) return noFindings;
    const { answer, anonymous } = measured;
    if (answer.status !== 200) return judgeFailure(measured, domain);
    if (domain.kind === 'private' && anonymous.status === 200)
      return cached(domain, 'sends the token of another client to a client without a login');
    const actions = claimsIn(tokenIn(answer)).access?.find(({ name }) => name === scratch)?.actions ?? [];
    if (domain.kind === 'public')
      return actions.some((action) => action !== 'pull') ? writable(domain) : noFindings;
    return robotActions.every((action) => actions.includes(action)) ? noFindings : scratchDenied(domain);
  },
});

/**
 * Returns the token server's answer to the login of the robot under this domain. Only the first call sends the request;
 * later calls return the same answer.
 */
export async function robotToken(
  { ask, config }: DoctorContext,
  { target }: Pick<ReachableDomain, 'target'>,
  robot: DoctorRobot,
): Promise<HttpAnswer> {
  return ask(target, tokenPath(config.service, robot), basicHeader(robot));
}

/**
 * Returns the path and query of a token request. The request is the one that docker sends for a push, except that it
 * additionally asks for the right to delete.
 */
export function tokenPath(service: string, { name }: DoctorRobot): string {
  const scope = `repository:${scratch}:${robotActions.join(',')}`;
  return `/auth/token?account=${name}&service=${encodeURIComponent(service)}&scope=${encodeURIComponent(scope)}`;
}

export function basicHeader({ name, secret }: DoctorRobot): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`${name}:${secret.reveal()}`).toString('base64')}` };
}

function judgeFailure({ answer, repeated, uncached }: Measured, domain: ReachableDomain): readonly Finding[] {
  const where = `${urlOf(domain.target)}/auth/token`;
  const known = [answer, ...repeated].filter(({ status }) => status === 200).length;
  if (known > 0)
    return otherDatabase(
      `${where} accepts only ${known} of ${repeated.length + 1} logins of the robot that doctor has just created.`,
    );
  if (uncached?.status === 200)
    return cached(
      domain,
      'answers a correct login with a 401 answer that a cache stored for an earlier request',
    );
  if (dockpassErrorOf(answer) === 'login_required')
    return wrong('authorization_stripped', {
      problem: `${where} answers a login with ${summarizeAnswer(answer)}, as if the request had no Authorization header.`,
      impact:
        'The edge removes or changes the Authorization header of requests to /auth/, so no one can log in.',
      fix: 'nginx: remove proxy_set_header Authorization from the location of /auth/. Caddy: remove header_up -Authorization. Also remove any single sign-on in front of /auth/.',
    });
  if (dockpassErrorOf(answer) === 'wrong_credentials')
    return otherDatabase(`${where} does not know the robot that doctor has just created.`);
  return wrong('login_fails', {
    problem: `${where} answers the login of a new robot with ${summarizeAnswer(answer)}.`,
    impact: 'Most likely, other clients cannot log in either.',
    fix: 'Read the log of dockpass. If the answer is 429, wait until the rate limit for the address of this machine ends.',
  });
}

function otherDatabase(problem: string): Finding[] {
  return wrong('other_database', {
    problem,
    impact:
      'A token server behind this domain has the keys of this configuration but uses a different database. Users, grants and revocations in one database have no effect on token servers that use the other database.',
    fix: 'Give all token servers the same database (docs/replicas.md). Or run doctor with the configuration file that the token servers use: --config FILE.',
  });
}

function cached({ target }: ReachableDomain, what: string): Finding[] {
  return wrong('answers_cached', {
    problem: `${urlOf(target)}/auth/token ${what}.`,
    impact:
      'The edge caches token answers without regard to the login. Anyone can get the token of another user.',
    fix: 'nginx: in the locations of /v2/ and /auth/, set `proxy_cache off;` and remove proxy_ignore_headers. Caddy and Traefik: remove the cache plugin from /v2/ and /auth/.',
  });
}

function writable({ target }: ReachableDomain): Finding[] {
  return wrong('public_domain_writable', {
    problem: `${urlOf(target)} is a public domain, but a token that it issues allows more than pull.`,
    impact:
      'dockpass never grants more than pull under a public domain. So the running token server apparently treats this domain as private.',
    fix: 'Restart dockpass. If that does not help, run doctor with the configuration file that dockpass uses: --config FILE.',
  });
}

function scratchDenied({ target }: ReachableDomain): Finding[] {
  return warning('scratch_denied', {
    problem: `${urlOf(target)} does not grant doctor's robot the rights to pull, push and delete ${scratch}.`,
    impact:
      'doctor cannot check pushing and pulling. Most likely a deny rule of the policy covers this repository.',
    fix: `In the policy, add an exception that allows robots to use ${scratch}. See docs/rights.md.`,
  });
}
