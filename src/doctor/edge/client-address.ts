import { randomUUID } from 'node:crypto';
import type { ReachableDomain } from '../domains.ts';
import { noFindings, wrong } from '../finding.ts';
import { sendRequest, urlOf } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';
import { isLoopback } from '../network/this-machine.ts';
import { basicHeader, robotLogin, tokenPath } from './robot-login.ts';

/** An address for documentation (RFC 5737), which no client has. */
const inventedAddress = '203.0.113.77';

interface Measured {
  /** The addresses of the client in the audit log; empty if there was no row in time. */
  readonly recorded: readonly string[];
  /** The address of this machine on the connection to the edge. */
  readonly own: string;
}

/** Does dockpass learn the address of the client, and not one that the client makes up? */
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
        problem: `A request through ${urlOf(target)} with X-Forwarded-For: ${inventedAddress} is in the audit log with that address.`,
        impact:
          'The edge passes on what the client writes. Clients can evade rate limits and rules about networks, and the audit log is worthless.',
        fix: 'nginx: proxy_set_header X-Forwarded-For $remote_addr; in every location. Caddy: header_up X-Forwarded-For {remote_host}. Traefik: remove forwardedHeaders.insecure.',
      });
    // Only if this machine shows the edge an address that cannot be the edge's own is the loss certain.
    const lost = recorded.find((address) => isLoopback(address));
    if (lost === undefined || own === '' || isLoopback(own)) return noFindings;
    return wrong('client_address_lost', {
      problem: `A request of ${own} through ${urlOf(target)} is in the audit log with the address ${lost}.`,
      impact:
        'The edge does not pass on the address of the client. All clients share one rate limit, so one attacker locks everyone out.',
      fix: 'nginx: proxy_set_header X-Forwarded-For $remote_addr; in the location of /auth/. dockpass init writes it.',
    });
  },
});

/** An IPv4 address on an IPv6 socket is written as ::ffff:192.0.2.7. */
function plain(address: string): string {
  return address.replace(/^::ffff:/, '');
}
