import { formatListen } from '../../net/listen-address.ts';
import {
  removedHeaders,
  localHostPattern,
  readingMethods,
  withheldHeaders,
  type Edge,
  type PublicDomainRules,
} from '../edge.ts';
import { formatDomainName } from '../../realm/domain.ts';
import { lines } from '../text.ts';
import { headerRemoval, hostCondition, router, service } from './entries.ts';

/** Renders the static configuration file of Traefik 3. It makes Traefik read `dynamicFile`. */
export function renderTraefikStatic(edge: Edge, dynamicFile: string): string {
  return lines(
    '# Traefik as the edge of dockpass: the static part, for `traefik --configFile=FILE`.',
    'entryPoints:',
    '  registry:',
    `    address: ":${edge.port}"`,
    '    transport:',
    '      respondingTimeouts:',
    '        # No time limit, because the upload of a large layer can take long. By default, Traefik would abort it after 60 s.',
    '        readTimeout: 0s',
    ...(edge.tls.kind === 'off' ? outerProxies(edge) : []),
    'providers:',
    '  file:',
    `    filename: ${JSON.stringify(dynamicFile)}`,
    '',
  );
}

/** Renders the dynamic configuration file of Traefik 3. A Traefik that already runs can use it, too. */
export function renderTraefik(edge: Edge): string {
  const acme = edge.tls.kind === 'acme';
  const tls = edge.tls.kind === 'off' ? [] : [acme ? 'tls: { certResolver: default }' : 'tls: {}'];
  return lines(
    '# Traefik as the edge of dockpass: the dynamic part. /v2/ goes to the registry, /auth/ to dockpass.',
    '# Traefik passes on the Host header unchanged, including the port. It trusts X-Forwarded-* headers only from senders',
    '# that the entry point lists under forwardedHeaders.trustedIPs. If no router matches a request, Traefik answers 404.',
    'http:',
    '  routers:',
    ...deniedWrites(edge, tls),
    '    # If a registry request has a Basic header, Traefik first asks dockpass for a token, and then sends the token to the',
    '    # registry instead of the Basic header. Other requests do not involve dockpass.',
    router(
      'dockpass-basic',
      `${hostCondition(edge)}PathPrefix(\`/v2/\`) && HeaderRegexp(\`Authorization\`, \`(?i)^basic \`)`,
      30,
      ['dockpass-version', 'dockpass-forward', 'dockpass-headers'],
      'registry',
      tls,
    ),
    router(
      'dockpass-registry',
      `${hostCondition(edge)}PathPrefix(\`/v2/\`)`,
      20,
      ['dockpass-headers'],
      'registry',
      tls,
    ),
    ...(edge.tls.kind === 'off' ? httpsRealmRouters(edge) : []),
    '    # Only this edge may use /auth/forward. Clients get a 404 answer.',
    router(
      'dockpass-auth',
      `${hostCondition(edge)}PathPrefix(\`/auth/\`) && !PathRegexp(\`(?i)^/+auth/+forward\`)`,
      20,
      ['dockpass-headers', 'dockpass-no-forward'],
      'dockpass',
      tls,
    ),
    '',
    '  middlewares:',
    '    dockpass-forward:',
    '      forwardAuth:',
    '        # dockpass receives the method, the URI and the Host in X-Forwarded-* headers, but not the body.',
    `        address: "http://${formatListen(edge.dockpass)}/auth/forward"`,
    '        trustForwardHeader: false',
    '        authRequestHeaders: [Authorization, User-Agent]',
    '        authResponseHeaders: [Authorization]',
    ...(edge.publicDomainRules === undefined
      ? []
      : [
          '    dockpass-pulls-only:',
          '      forwardAuth:',
          '        # Credentials are not sent, because no user may write to a public domain. The answer of dockpass names a domain for pushes.',
          `        address: "http://${formatListen(edge.dockpass)}/auth/forward"`,
          '        trustForwardHeader: false',
          '        authRequestHeaders: [User-Agent]',
        ]),
    ...(edge.tls.kind === 'off'
      ? [
          '    dockpass-https:',
          '      headers:',
          '        customRequestHeaders:',
          '          X-Forwarded-Proto: https',
        ]
      : []),
    '    # Clients expect this header in every answer under /v2/, including the denials of /auth/forward.',
    '    dockpass-version:',
    '      headers:',
    '        customResponseHeaders:',
    '          Docker-Distribution-Api-Version: registry/2.0',
    '    # Removes headers that the registry would use to build the URLs in its answers. An empty value removes a header.',
    headerRemoval('dockpass-headers', removedHeaders),
    headerRemoval('dockpass-no-forward', withheldHeaders),
    '',
    '  services:',
    service('registry', formatListen(edge.registry)),
    service('dockpass', formatListen(edge.dockpass)),
    ...certificates(edge),
    '',
  );
}

/**
 * Renders the router that denies writes on public domains. Traefik cannot answer a request itself. Therefore the router
 * asks dockpass whether the request is allowed. It does not send the credentials of the client, so dockpass always
 * denies the request.
 */
function deniedWrites(edge: Edge, tls: readonly string[]): string[] {
  const rule = edge.publicDomainRules && publicDomainCondition(edge.publicDomainRules);
  if (rule === undefined) return [];
  const reading = readingMethods.map((method) => `Method(\`${method}\`)`).join(' || ');
  return [
    '    # Public domains only serve pulls. This rule denies writes on them, but it cannot match a port. On public domains that',
    '    # are configured with a port, the registry denies writes instead, because the token of the client does not allow them.',
    router(
      'dockpass-public-write',
      `${hostCondition(edge)}PathPrefix(\`/v2/\`) && !(${reading})${rule}`,
      60,
      ['dockpass-pulls-only', 'dockpass-headers'],
      'registry',
      tls,
    ),
  ];
}

/**
 * Renders the routers for requests to all hosts that are not on this machine. These routers make the URL of the realm
 * begin with https. If no trusted proxy sends X-Forwarded-Proto, Traefik sets this header to http. A rule cannot tell
 * whether the proxy or Traefik has set the header. Therefore these routers assume that all their requests come through
 * a TLS proxy.
 */
function httpsRealmRouters(edge: Edge): string[] {
  // Traefik removes the port, and the brackets of an IPv6 address, from the Host header before it compares the host
  // with a rule.
  const pattern = localHostPattern.replace(String.raw`\[::1\]`, String.raw`\[?::1\]?`);
  const isNotLocal = `!HostRegexp(\`(?i)${pattern}\`)`;
  return [
    '    # The realm to which the registry sends clients uses https, except for hosts of this machine.',
    router(
      'dockpass-basic-https',
      `${hostCondition(edge)}${isNotLocal} && PathPrefix(\`/v2/\`) && HeaderRegexp(\`Authorization\`, \`(?i)^basic \`)`,
      31,
      ['dockpass-version', 'dockpass-forward', 'dockpass-https', 'dockpass-headers'],
      'registry',
      [],
    ),
    router(
      'dockpass-registry-https',
      `${hostCondition(edge)}${isNotLocal} && PathPrefix(\`/v2/\`)`,
      21,
      ['dockpass-https', 'dockpass-headers'],
      'registry',
      [],
    ),
  ];
}

/**
 * Renders the condition that matches the public domains. Rules cannot match a port, so the result is undefined if every
 * public domain is configured with a port.
 */
function publicDomainCondition({ domains }: PublicDomainRules): string | undefined {
  if (domains === 'all') return '';
  const names = domains.filter(({ port }) => port === 'any').map(formatDomainName);
  return names.length === 0 ? undefined : ` && ${hostCondition({ names }).slice(0, -' && '.length)}`;
}

function certificates(edge: Edge): string[] {
  if (edge.tls.kind !== 'files') return [];
  const { certificate, key } = edge.tls;
  const pair = `certFile: ${JSON.stringify(certificate)}, keyFile: ${JSON.stringify(key)}`;
  return [
    '',
    'tls:',
    '  certificates:',
    `    - { ${pair} }`,
    '  stores:',
    '    default:',
    `      defaultCertificate: { ${pair} }`,
  ];
}

function outerProxies(edge: Edge): string[] {
  return [
    '    forwardedHeaders:',
    '      # These addresses are those of the TLS proxies in front. Their X-Forwarded-Proto and X-Forwarded-For headers are trusted.',
    `      trustedIPs: ${JSON.stringify(edge.outerProxies)}`,
  ];
}
