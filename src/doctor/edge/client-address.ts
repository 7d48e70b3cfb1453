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
   * The client addresses that the audit log shows for doctor's request. Empty if the request does not appear in the
   * audit log within a few seconds.
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
        problem: `doctor sent a request through ${urlOf(target)} with an invented address in X-Forwarded-For (${inventedAddress}). The audit log shows the invented address as the address of the client.`,
        impact:
          'The edge passes the X-Forwarded-For header of the client on to dockpass. So clients can evade rate limits and rules about networks, and the audit log cannot be trusted.',
        fix: 'nginx: in every location, set `proxy_set_header X-Forwarded-For $remote_addr;`. Caddy: set `header_up X-Forwarded-For {remote_host}`. Traefik: remove forwardedHeaders.insecure.',
      });
    // If doctor connects to the edge over loopback, a loopback address in the audit log is correct. If doctor connects
    // from any other address, a loopback address in the audit log is a fault.
    const lost = recorded.find((address) => isLoopback(address));
    if (lost === undefined || own === '' || isLoopback(own)) return noFindings;
    return wrong('client_address_lost', {
      problem: `doctor sent a request from ${own} through ${urlOf(target)}, but the audit log shows ${lost} as the address of the client.`,
      impact:
        'The edge does not pass the address of the client on to dockpass. All clients then share one rate limit, so one attacker can lock everyone out.',
      fix: 'nginx: in the location of /auth/, set `proxy_set_header X-Forwarded-For $remote_addr;`. dockpass init writes this line.',
    });
  },
});

/** Removes the prefix of an IPv4-mapped IPv6 address: ::ffff:192.0.2.7 becomes 192.0.2.7. */
function plain(address: string): string {
  return address.replace(/^::ffff:/, '');
}
