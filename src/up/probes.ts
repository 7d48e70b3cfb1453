import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { sendRequest, canConnect, type Target } from '../doctor/http-request.ts';
import { summarizeAnswer, parseRealm } from '../doctor/challenge.ts';
import { examineTls } from '../doctor/tls.ts';
import { isKeySet } from '../doctor/edge/edge-reaches-us.ts';
import { DockpassError, messageOf } from '../errors.ts';

// What `up` waits for is what doctor looks at.
export type { Target };

/** Undefined where it answers as it should, else what is wrong. */
export type Probe = () => Promise<string | undefined>;

/** The registry, or the edge in front of it: GET /v2/ must be refused with our realm and nothing else. */
export function challengeProbe(
  target: Target,
  wanted: { service: string; realm: (realm: string) => boolean },
): Probe {
  return async () => {
    const answer = await sendRequest(target, '/v2/');
    const challenge = parseRealm(answer);
    if (challenge === undefined) return `GET /v2/ is answered with ${summarizeAnswer(answer)}`;
    const { service, realm } = challenge;
    if (service !== wanted.service) return `it names the service ${service}, not ${wanted.service}`;
    return wanted.realm(realm) ? undefined : `it sends clients to ${realm}`;
  };
}

/** dockpass, through the edge. */
export function keysProbe(target: Target): Probe {
  return async () => {
    const answer = await sendRequest(target, '/auth/jwks');
    return isKeySet(answer) ? undefined : `GET /auth/jwks is answered with ${summarizeAnswer(answer)}`;
  };
}

/** The edge shows the first certificate of this file. */
export function certificateProbe(target: Target, file: string): Probe {
  return async () => {
    const [seen, wanted] = [await examineTls(target), new X509Certificate(await readFile(file))];
    if (typeof seen === 'string') return seen;
    return seen.certificate.fingerprint256 === wanted.fingerprint256
      ? undefined
      : `it shows another certificate than ${file} holds`;
  };
}

/** Something listens there; more cannot be said while a certificate is still on its way. */
export function portProbe({ host, port }: Target): Probe {
  return async () => ((await canConnect(host, port)) ? undefined : `nothing listens on port ${port}`);
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
