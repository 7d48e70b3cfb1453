import { request as requestPlain, type IncomingHttpHeaders } from 'node:http';
import { request as requestTls } from 'node:https';
import { connect } from 'node:net';
import { DockpassError, messageOf } from '../errors.ts';

/** How to reach a part on this machine. */
export interface Target {
  readonly host: string;
  readonly port: number;
  /** What the Host header says. */
  readonly as: string;
  readonly tls: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** Undefined where it answers as it should, else what is wrong. */
export type Probe = () => Promise<string | undefined>;

/** The registry, or the edge in front of it: GET /v2/ must be refused with our realm and nothing else. */
export function challengeProbe(
  target: Target,
  wanted: { service: string; realm: (realm: string) => boolean },
): Probe {
  return async () => {
    const { status, headers } = await get(target, '/v2/');
    const challenge = headers['www-authenticate'];
    const [, realm, service] = /^Bearer realm="([^"]*)",service="([^"]*)"$/.exec(challenge ?? '') ?? [];
    if (status !== 401 || realm === undefined)
      return `GET /v2/ is answered with ${status} and ${challenge ?? 'no challenge'}`;
    if (service !== wanted.service) return `it names the service ${service}, not ${wanted.service}`;
    return wanted.realm(realm) ? undefined : `it sends clients to ${realm}`;
  };
}

/** dockpass, through the edge. */
export function keysProbe(target: Target): Probe {
  return async () => {
    const { status } = await get(target, '/auth/jwks');
    return status === 200 ? undefined : `GET /auth/jwks is answered with ${status}`;
  };
}

/** Something listens there; more cannot be said while a certificate is still on its way. */
export function portProbe(target: Target): Probe {
  return () =>
    new Promise((resolve) => {
      const socket = connect(target.port, target.host, () => resolve(undefined)).once('error', (error) =>
        resolve(error.message),
      );
      socket.once('connect', () => socket.destroy());
    });
}

/**
 * Asks again until the answer is right, or `giveUp` says that nobody waits for it any more.
 * @throws DockpassError `part_failed` with the last fault, after `patience` milliseconds
 */
export async function untilAnswers(
  name: string,
  probe: Probe,
  giveUp: AbortSignal,
  patience = 20_000,
): Promise<void> {
  const deadline = Date.now() + patience;
  for (;;) {
    const fault = await probe().catch(messageOf);
    if (fault === undefined || giveUp.aborted) return;
    if (Date.now() > deadline)
      throw new DockpassError('part_failed', `${name} does not answer as it should: ${fault}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function get(target: Target, path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const name = target.as.replace(/:\d+$/, '');
    const options = {
      host: target.host,
      port: target.port,
      path,
      headers: { host: target.as },
      agent: false,
      timeout: 5000,
    };
    // Loopback, and nothing secret is sent: whose certificate it is does not matter here.
    const request = target.tls
      ? requestTls({ ...options, servername: name, rejectUnauthorized: false })
      : requestPlain(options);
    request.once('response', (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0, headers: response.headers });
    });
    request.once('timeout', () => request.destroy(new Error('no answer within 5 s')));
    request.once('error', reject);
    request.end();
  });
}
