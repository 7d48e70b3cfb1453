import { defaultLimits, redirects, tokenPathPattern, type Edge } from '../edge.ts';
import { hostCondition, notLocalCondition, router } from './entries.ts';

// The parts of Traefik's dynamic configuration for requests to dockpass: tokens, the administration API, the console.

/** Renders the routers for `/auth/`. The endpoints for tokens have their own router, because they receive no cookies. */
export function authRouters(edge: Edge, tls: readonly string[]): string[] {
  const isToken = `PathRegexp(\`(?i)${tokenPathPattern}\`)`;
  const isConsole = 'PathPrefix(`/auth/`) && !PathRegexp(`(?i)^/+auth/+forward`)';
  const toConsole = ['dockpass-clients', 'dockpass-api-body', 'dockpass-to-console'];
  return [
    '    # The endpoints for tokens. They do not need cookies.',
    router(
      'dockpass-tokens',
      `${hostCondition(edge)}${isToken}`,
      25,
      ['dockpass-clients', 'dockpass-small-body', 'dockpass-to-tokens'],
      'dockpass',
      tls,
    ),
    '    # The console, the administration API and the public catalog. Only this edge may call /auth/forward. If a client',
    '    # requests this path, it gets a 404 answer.',
    router('dockpass-auth', `${hostCondition(edge)}${isConsole}`, 20, toConsole, 'dockpass', tls),
    ...(edge.tls.kind === 'off'
      ? [
          '    # The same for requests to all hosts except localhost and loopback addresses: the console is reached by https there.',
          router(
            'dockpass-auth-https',
            `${hostCondition(edge)}${notLocalCondition} && ${isConsole}`,
            21,
            ['dockpass-https', ...toConsole],
            'dockpass',
            [],
          ),
        ]
      : []),
  ];
}

/** Renders the routers of the redirects to the console and to the file robots.txt of dockpass. */
export function redirectRouters(edge: Edge, tls: readonly string[]): string[] {
  return [
    '    # The console and the public catalog are at /auth/. If you serve something else at /, remove these routers. They never',
    '    # pass on a request to dockpass, but Traefik requires a service.',
    ...redirects.map(({ name, from }) =>
      router(
        `dockpass-redirect-${name}`,
        `${hostCondition(edge)}Path(\`${from}\`) && (Method(\`GET\`) || Method(\`HEAD\`))`,
        20,
        [`dockpass-redirect-${name}`],
        'dockpass',
        tls,
      ),
    ),
  ];
}

/** Renders the middlewares of these routers. The new URL is only a path, so the client keeps scheme, host and port. */
export function redirectMiddlewares(): string[] {
  return redirects.flatMap(({ name, to }) => [
    `    dockpass-redirect-${name}:`,
    '      redirectRegex:',
    '        regex: "^.*$"',
    `        replacement: ${to}`,
  ]);
}

/**
 * Renders the limits for `/auth/`. Traefik has no timeout for headers alone, and none for the bodies of only some
 * requests: its readTimeout would also end long uploads. So the number of requests of each client is limited.
 */
export function authLimits(edge: Edge): string[] {
  const { bodyKiB, apiBodyKiB, connections } = edge.limits ?? defaultLimits;
  const proxies = edge.tls.kind === 'off' ? edge.outerProxies : [];
  return [
    '    # Limits for /auth/, where requests are small. They do not apply to uploads. Traefik counts the requests for tokens and',
    '    # all others separately.',
    '    dockpass-clients:',
    '      inFlightReq:',
    `        amount: ${connections}`,
    '        sourceCriterion:',
    '          ipStrategy:',
    ...(proxies.length === 0
      ? [
          '            # One client can use all addresses of an IPv6 /48. Traefik before 3.2 rejects this line.',
          '            ipv6Subnet: 48',
        ]
      : [
          '            # Behind one of these proxies, the address of the client is in X-Forwarded-For. Traefik then counts each IPv6',
          '            # address separately.',
          `            excludedIPs: ${JSON.stringify(proxies)}`,
        ]),
    '    dockpass-small-body:',
    '      buffering:',
    `        maxRequestBodyBytes: ${bodyKiB * 1024}`,
    `    # dockpass rejects a body of more than ${apiBodyKiB} KiB in the format of the API. Traefik reads at most this size.`,
    '    dockpass-api-body:',
    '      buffering:',
    `        maxRequestBodyBytes: ${2 * apiBodyKiB * 1024}`,
    `        memRequestBodyBytes: ${2 * apiBodyKiB * 1024}`,
  ];
}
