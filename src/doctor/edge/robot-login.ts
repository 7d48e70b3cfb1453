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

/** With several token servers behind the edge, one request may reach one that knows the robot, and the next may not. */
const repeatCount = 4;

interface Measured {
  /** The answer to the robot's first token request. */
  readonly answer: HttpAnswer;
  /** The answers to the same request later on; only if the first is no token. */
  readonly repeated: readonly HttpAnswer[];
  /** The same with a query that no cache has seen. */
  readonly uncached: HttpAnswer | undefined;
  /** The same again, without a login. */
  readonly anonymous: HttpAnswer;
}

/** Does doctor's robot get a token through the edge, for what it may do and no more? */
export const robotLogin = createProbe<ReachableDomain, Measured | undefined>({
  measure: async (context, { target }) => {
    const { robot, config } = context;
    if (robot === undefined) return undefined;
    const path = tokenPath(config.service, robot);
    // A cache that ignores the Authorization header would keep this answer for the robot.
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
      return cached(domain, 'answers a token request without a login with the token of an earlier request');
    const actions = claimsIn(tokenIn(answer)).access?.find(({ name }) => name === scratch)?.actions ?? [];
    if (domain.kind === 'public')
      return actions.some((action) => action !== 'pull') ? writable(domain) : noFindings;
    return robotActions.every((action) => actions.includes(action)) ? noFindings : scratchDenied(domain);
  },
});

/** The robot's token under this domain. It is requested once. */
export async function robotToken(
  { ask, config }: DoctorContext,
  { target }: Pick<ReachableDomain, 'target'>,
  robot: DoctorRobot,
): Promise<HttpAnswer> {
  return ask(target, tokenPath(config.service, robot), basicHeader(robot));
}

/** As docker asks for a push, with the additional right to delete. */
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
      `${where} accepts the robot that doctor has just created ${known} times in ${repeated.length + 1}.`,
    );
  if (uncached?.status === 200)
    return cached(domain, 'answers the login of a robot with the 401 of an earlier request');
  if (dockpassErrorOf(answer) === 'login_required')
    return wrong('authorization_stripped', {
      problem: `${where} answers a login with ${summarizeAnswer(answer)}, as if the request had no Authorization header.`,
      impact: 'The edge removes or changes the Authorization header of /auth/, so no one can log in.',
      fix: 'nginx: remove proxy_set_header Authorization from the location of /auth/. Caddy: remove header_up -Authorization. A single sign-on in front of /auth/ has to go too.',
    });
  if (dockpassErrorOf(answer) === 'wrong_credentials')
    return otherDatabase(`${where} does not know the robot that doctor has just created.`);
  return wrong('login_fails', {
    problem: `${where} answers the login of a new robot with ${summarizeAnswer(answer)}.`,
    impact: 'Most likely no other client can log in either.',
    fix: 'Read the log of dockpass. If the answer is 429, wait until the rate limit for the address of this machine ends.',
  });
}

function otherDatabase(problem: string): Finding[] {
  return wrong('other_database', {
    problem,
    impact:
      'A token server behind this domain uses another database than this configuration, but the same keys. Users, grants and revocations of one database do not count in the other.',
    fix: 'Give all token servers the same database (docs/replicas.md). Or name the configuration that they run with: --config FILE.',
  });
}

function cached({ target }: ReachableDomain, what: string): Finding[] {
  return wrong('answers_cached', {
    problem: `${urlOf(target)}/auth/token ${what}.`,
    impact:
      'The edge caches token answers without regard to the login. Anyone can get the token of another user.',
    fix: 'nginx: proxy_cache off; in the locations of /v2/ and /auth/, and no proxy_ignore_headers. Caddy and Traefik: remove the cache plugin there.',
  });
}

function writable({ target }: ReachableDomain): Finding[] {
  return wrong('public_domain_writable', {
    problem: `${urlOf(target)}, a public domain, issues a token for more than pull.`,
    impact:
      'A public domain never grants more than pull. The token server takes this domain for a private one.',
    fix: 'Restart dockpass. If that does not help, name the configuration that it runs with: --config FILE.',
  });
}

function scratchDenied({ target }: ReachableDomain): Finding[] {
  return warning('scratch_denied', {
    problem: `${urlOf(target)} does not let the robot of doctor pull, push and delete ${scratch}.`,
    impact:
      'doctor cannot check pushing and pulling. Most likely a deny rule of the policy covers this name.',
    fix: `Add to the policy, for robots: an exception for ${scratch}. See docs/rights.md.`,
  });
}
