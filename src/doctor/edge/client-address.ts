import { randomUUID } from 'node:crypto';
import { isIPv4 } from 'node:net';
import type { Config } from '../../config/load.ts';
import type { ReachableDomain } from '../domains.ts';
import { noFindings, wrong } from '../finding.ts';
import { sendRequest, urlOf } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';
import { isLoopback, isOnThisMachine, ownAddresses } from '../network/this-machine.ts';
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
    const path = tokenPath(config.service, robot);
    const from = sourceAddress(target.host, config);
    const answer =
      from === undefined
        ? await sendRequest(target, path, { headers })
        : // Not every system lets a program choose this address. If this fails, let the system choose it.
          await sendRequest(target, path, { headers, from }).catch(() =>
            sendRequest(target, path, { headers }),
          );
    return { recorded: await robot.addressesOf(client), own: plain(answer.localAddress ?? '') };
  },
  judge: (measured, { target }, { config }) => {
    if (measured === undefined) return noFindings;
    const { recorded, own } = measured;
    // An edge without TLS trusts the X-Forwarded-For header of the proxies in `trustedProxies`. If this setting
    // contains the address of doctor, it is no fault that the edge passes on the invented address.
    const isTrusted = config.up.tls === 'off' && own !== '' && config.trustedProxies.contains(own);
    if (recorded.includes(inventedAddress) && !isTrusted)
      return wrong('client_address_believed', {
        problem: `doctor sent a request through ${urlOf(target)} with an invented address in X-Forwarded-For (${inventedAddress}). The audit log shows the invented address as the address of the client.`,
        impact:
          'A proxy passes the X-Forwarded-For header of the client on to dockpass. So clients can evade rate limits and rules about networks, and the audit log cannot be trusted.',
        fix: 'At the edge, and at each proxy in front of it: nginx: in every location, set `proxy_set_header X-Forwarded-For $remote_addr;`. Caddy: set `header_up X-Forwarded-For {remote_host}`. HAProxy: set `option forwardfor`. Traefik: remove forwardedHeaders.insecure.',
      });
    const lost = recorded.find((address) => isOfProxy(address, own, target.host));
    if (lost === undefined) return noFindings;
    const problem = `doctor sent a request from ${own} through ${urlOf(target)}, but the audit log shows ${lost} as the address of the client.`;
    if (config.up.tls !== 'off')
      return wrong('client_address_lost', {
        problem,
        impact:
          'The edge does not pass the address of the client on to dockpass. All clients then share one rate limit, so one attacker can lock everyone out.',
        fix: 'nginx: in the location of /auth/, set `proxy_set_header X-Forwarded-For $remote_addr;`. dockpass init writes this line.',
      });
    return wrong('client_address_is_proxy', {
      problem,
      impact:
        'Every client seems to have the address of the proxy in front of the edge. All clients then share one rate limit, so one attacker can lock everyone out. Rules with `from` apply to the proxy instead of the client.',
      fix: 'Let the proxy send the address of the client. nginx: `proxy_set_header X-Forwarded-For $remote_addr;`. HAProxy: `option forwardfor`. Apache: remove `ProxyAddHeaders Off`. If the proxy sends this header already, add the address of the proxy to trustedProxies. Then restart "dockpass up". If you run your own edge, run "dockpass init --edge-only" instead, and reload the edge.',
    });
  },
});

/**
 * Returns the address from which doctor sends the request. If the server is on this machine, the system would choose
 * the address of the server. Then a request from doctor would look like one from a proxy on this machine.
 * @returns undefined if the system chooses the address
 */
function sourceAddress(host: string, { trustedProxies }: Config): string | undefined {
  if (!isIPv4(host) || !isOnThisMachine(host)) return undefined;
  const addresses = ownAddresses().filter((address) => isIPv4(address) && address !== host);
  return addresses.find((address) => !trustedProxies.contains(address)) ?? addresses[0];
}

/**
 * Returns true if a recorded address of a client is that of a proxy. If doctor itself has a loopback address, a loopback
 * address in the audit log is correct.
 * @param own the address from which doctor sent the request
 * @param host the address of the server that doctor connected to
 */
function isOfProxy(recorded: string, own: string, host: string): boolean {
  if (own === '' || recorded === own) return false;
  return isLoopback(recorded) ? !isLoopback(own) : recorded === host;
}

/** Removes the prefix of an IPv4-mapped IPv6 address: ::ffff:192.0.2.7 becomes 192.0.2.7. */
function plain(address: string): string {
  return address.replace(/^::ffff:/, '');
}
