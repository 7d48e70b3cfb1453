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
    '        # No limit, because the upload of a large layer can take long. The default would end it after 60 s.',
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
    '# that the entry point lists under forwardedHeaders.trustedIPs. If no router matches a request, it answers 404.',
    'http:',
    '  routers:',
    ...deniedWrites(edge, tls),
    '    # If a registry request has a Basic header, Traefik first asks dockpass for a token and sends that instead. Other',
    '    # requests do not involve dockpass.',
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
    '    # Only this edge may use /auth/forward. For clients it does not exist.',
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
          '        # dockpass receives no credentials, because no user may write here. Its answer names a domain for pushes.',
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
    '    # Clients expect this header in every answer under /v2/, also in the denials of /auth/forward.',
    '    dockpass-version:',
    '      headers:',
    '        customResponseHeaders:',
    '          Docker-Distribution-Api-Version: registry/2.0',
    '    # An empty value removes a header. The registry would build the URLs in its answers from these headers.',
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
 * Denies writes on public domains. Traefik cannot answer a request itself. Therefore it asks dockpass without
 * credentials, and dockpass denies the request.
 */
function deniedWrites(edge: Edge, tls: readonly string[]): string[] {
  const rule = edge.publicDomainRules && publicDomainCondition(edge.publicDomainRules);
  if (rule === undefined) return [];
  const reading = readingMethods.map((method) => `Method(\`${method}\`)`).join(' || ');
  return [
    '    # Public domains only serve pulls. Rules cannot see ports. Therefore, on public domains that are configured with a',
    '    # port, the registry denies writes, because the token of the client does not allow them.',
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
 * Routers that make the realm use https, for all hosts that are not on this machine. If no trusted proxy sends
 * X-Forwarded-Proto, Traefik sets it to http, and rules cannot tell who set it. Therefore all requests to other hosts
 * are assumed to come through a TLS proxy.
 */
function httpsRealmRouters(edge: Edge): string[] {
  // Traefik compares the host without the port, and an IPv6 address without brackets.
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

/** The condition for public domains. Undefined if all of them are configured with a port, which rules cannot see. */
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
    '      # The TLS proxies in front. Their X-Forwarded-Proto and X-Forwarded-For headers are trusted.',
    `      trustedIPs: ${JSON.stringify(edge.outerProxies)}`,
  ];
}
