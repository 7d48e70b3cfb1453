import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { sendRequest, canConnect, type Target } from '../doctor/network/http-request.ts';
import { summarizeAnswer, parseRealm } from '../doctor/network/challenge.ts';
import { examineTls } from '../doctor/network/tls.ts';
import { isKeySet } from '../doctor/edge/edge-reaches-us.ts';
import { DockpassError, messageOf } from '../errors.ts';

// With the probes in this file, `dockpass up` waits until the registry and the edge give the expected answers. The
// probes send requests with the same functions as `dockpass doctor`.
export type { Target };

/** Checks a program once. @returns a description of the problem, or undefined if there is no problem */
export type Probe = () => Promise<string | undefined>;

/**
 * Checks that the registry, or the edge in front of it, answers GET /v2/ with a challenge that names the expected
 * service and realm.
 */
export function challengeProbe(
  target: Target,
  expected: { service: string; realm: (realm: string) => boolean },
): Probe {
  return async () => {
    const answer = await sendRequest(target, '/v2/');
    const challenge = parseRealm(answer);
    if (challenge === undefined) return `the answer to GET /v2/ is ${summarizeAnswer(answer)}`;
    const { service, realm } = challenge;
    if (service !== expected.service)
      return `the challenge names the service ${service} instead of ${expected.service}`;
    return expected.realm(realm) ? undefined : `the challenge sends clients to the wrong realm ${realm}`;
  };
}

/** Checks that the token server answers through the edge. */
export function keysProbe(target: Target): Probe {
  return async () => {
    const answer = await sendRequest(target, '/auth/jwks');
    return isKeySet(answer) ? undefined : `the answer to GET /auth/jwks is ${summarizeAnswer(answer)}`;
  };
}

/** Checks that the edge serves the first certificate of this PEM file. */
export function certificateProbe(target: Target, file: string): Probe {
  return async () => {
    const [served, wanted] = [await examineTls(target), new X509Certificate(await readFile(file))];
    if (typeof served === 'string') return served;
    return served.certificate.fingerprint256 === wanted.fingerprint256
      ? undefined
      : `the served certificate is not the one in ${file}`;
  };
}

/**
 * Checks that a program listens on the port. While an edge has no certificate from ACME yet, no other check is
 * possible, because the edge rejects all TLS connections.
 */
export function portProbe({ host, port }: Target): Probe {
  return async () => ((await canConnect(host, port)) ? undefined : `nothing listens on port ${port}`);
}

/**
 * Runs the probe repeatedly until it finds no problem, or until the signal aborts.
 * @param name the name of the probed program, for the error message
 * @throws DockpassError `part_failed` if the probe still finds a problem after `timeoutMs`. The message contains this
 *   problem.
 */
export async function waitUntilHealthy(
  name: string,
  probe: Probe,
  signal: AbortSignal,
  timeoutMs = 20_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const problem = await probe().catch(messageOf);
    if (problem === undefined || signal.aborted) return;
    if (Date.now() > deadline)
      throw new DockpassError('part_failed', `${name} does not work as expected: ${problem}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
