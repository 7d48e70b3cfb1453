import { randomUUID } from 'node:crypto';
import type { ReachableDomain } from '../domains.ts';
import { noFindings, wrong } from '../finding.ts';
import { sendRequest, urlOf } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';
import { isLoopback } from '../network/this-machine.ts';
import { basicHeader, robotLogin, tokenPath } from './robot-login.ts';

/** An IP address that is reserved for documentation (RFC 5737), so no client has it. */
const inventedAddress = '203.0.113.77';

interface Measured {
  /**
   * The client addresses that the audit log shows for doctor's request; empty if the audit log did not show the request
   * in time.
   */
  readonly recorded: readonly string[];
  /** The address of this machine on the connection to the edge. */
  readonly own: string;
}

/** Checks that dockpass receives the real address of the client, and not an address that the client invents. */
export const clientAddress = createProbe<ReachableDomain, Measured | undefined>({
  after: [robotLogin],
  measure: async ({ robot, config }, { target }) => {
    if (robot === undefined) return undefined;
    const client = `dockpass-doctor/${randomUUID()}`;
    const headers = {
      ...basicHeader(robot),
      'User-Agent': client,
      'X-Forwarded-For': inventedAddress,
      'X-Real-IP': inventedAddress,
    };
    const { localAddress } = await sendRequest(target, tokenPath(config.service, robot), { headers });
    return { recorded: await robot.addressesOf(client), own: plain(localAddress ?? '') };
  },
  judge: (measured, { target }) => {
    if (measured === undefined) return noFindings;
    const { recorded, own } = measured;
    if (recorded.includes(inventedAddress))
      return wrong('client_address_believed', {
        problem: `A request through ${urlOf(target)} had the invented header X-Forwarded-For: ${inventedAddress}, and the audit log shows that address.`,
        impact:
          'The edge passes on the X-Forwarded-For header of the client. So clients can evade rate limits and rules about networks, and the audit log cannot be trusted.',
        fix: 'nginx: set proxy_set_header X-Forwarded-For $remote_addr; in every location. Caddy: set header_up X-Forwarded-For {remote_host}. Traefik: remove forwardedHeaders.insecure.',
      });
    // A loopback address in the audit log can be correct if doctor itself connects to the edge over loopback. It is a
    // fault only if doctor connects from another address.
    const lost = recorded.find((address) => isLoopback(address));
    if (lost === undefined || own === '' || isLoopback(own)) return noFindings;
    return wrong('client_address_lost', {
      problem: `A request from ${own} through ${urlOf(target)} is in the audit log with the address ${lost}.`,
      impact:
        'The edge does not pass on the address of the client. All clients share one rate limit, so one attacker can lock everyone out.',
      fix: 'nginx: set proxy_set_header X-Forwarded-For $remote_addr; in the location of /auth/. dockpass init writes this line.',
    });
  },
});

/** Removes the prefix of an IPv4-mapped IPv6 address: ::ffff:192.0.2.7 becomes 192.0.2.7. */
function plain(address: string): string {
  return address.replace(/^::ffff:/, '');
}
