import { describe, expect, test } from 'vitest';
import { isServiceLink } from '../../../src/net/service-links.ts';

/** The variables that Kubernetes sets for a Service with a TCP port and a UDP port. */
function linksOf(prefix: string, host: string): Record<string, string> {
  const inUrl = host.includes(':') ? `[${host}]` : host;
  return {
    [`${prefix}_SERVICE_HOST`]: host,
    [`${prefix}_SERVICE_PORT`]: '443',
    [`${prefix}_SERVICE_PORT_HTTPS`]: '443',
    [`${prefix}_PORT`]: `tcp://${inUrl}:443`,
    [`${prefix}_PORT_443_TCP`]: `tcp://${inUrl}:443`,
    [`${prefix}_PORT_443_TCP_PROTO`]: 'tcp',
    [`${prefix}_PORT_443_TCP_PORT`]: '443',
    [`${prefix}_PORT_443_TCP_ADDR`]: host,
    [`${prefix}_PORT_53_UDP`]: `udp://${inUrl}:53`,
    [`${prefix}_PORT_53_UDP_PROTO`]: 'udp',
  };
}

const isLink = (name: string, variables: Record<string, string>): boolean =>
  isServiceLink(name, variables, false);

describe('service links of Kubernetes', () => {
  test.each([
    ['DOCKPASS', '10.0.0.1'],
    ['DOCKPASS_EDGE', 'fd00::1'],
    ['DOCKPASS_UP_PORT', '10.0.0.1'],
    ['DOCKPASS_LISTEN', '10.0.0.1'],
    ['DOCKPASS_SERVICE', '10.0.0.1'],
    ['DOCKPASS_PORT', '10.0.0.1'],
    ['REGISTRY', '10.0.0.1'],
  ])('all variables of the Service %s with the address %s are links', (prefix, host) => {
    const variables = linksOf(prefix, host);
    expect(Object.keys(variables).filter((name) => !isLink(name, variables))).toEqual([]);
  });

  test.each([
    ['DOCKPASS_EDGE_PORT', 'tcp://10.0.0.1:443'],
    ['DOCKPASS_EDGE_PORT', 'tcp://[fd00::1]:443'],
    ['DOCKPASS_EDGE_PORT_443_TCP', 'tcp://10.0.0.1:443'],
    ['DOCKPASS_EDGE_PORT_443_TCP_ADDR', '10.0.0.1'],
  ])('%s=%s is a link without other variables', (name, value) => {
    expect(isLink(name, { [name]: value })).toBe(true);
  });

  test.each([
    ['DOCKPASS_EDGE_PORT', '5001'],
    ['DOCKPASS_EDGE_PORT', 'tcp://edge:443'],
    ['DOCKPASS_EDGE_PORT', 'http://10.0.0.1:443'],
    ['DOCKPASS_EDGE_PORT_443_TCP', 'tcp://10.0.0.1:80'],
    ['DOCKPASS_EDGE_PORT_443_TCP_ADDR', 'edge'],
    ['DOCKPASS_EDGE_SERVICE_HOST', 'edge.example.com'],
    ['DOCKPASS_EDGE_SERVICE_PORT', '443'],
    ['DOCKPASS_LISTEN', '10.0.0.1:5002'],
    ['DOCKPASS_LISTEM', 'tcp://10.0.0.1:443'],
  ])('%s=%s is not a link', (name, value) => {
    expect(isLink(name, { [name]: value })).toBe(false);
  });

  test('a variable that is also a setting is a link only if another variable shows the Service', () => {
    const link = { DOCKPASS_UP_PORT: 'tcp://10.0.0.1:443' };
    const host = { DOCKPASS_UP_SERVICE_HOST: '10.0.0.1' };
    const isLinkOfSetting = (variables: Record<string, string>): boolean =>
      isServiceLink('DOCKPASS_UP_PORT', variables, true);
    expect(isLinkOfSetting(link)).toBe(false);
    expect(isLinkOfSetting({ ...link, ...host })).toBe(true);
    expect(isLinkOfSetting({ DOCKPASS_UP_PORT: '5001', ...host })).toBe(false);
  });
});
