import { formatListen } from '../../net/listen-address.ts';
import {
  forwardHeaders,
  hasOuterProxies,
  registryAnswerHeaders,
  removedHeaders,
  unneededHeaders,
  type Edge,
  type PublicDomainRules,
} from '../edge.ts';
import { formatDomainName } from '../../realm/domain.ts';
import { lines } from '../text.ts';
import { authLimits, authRouters, redirectMiddlewares, redirectRouters } from './auth.ts';
import { catalogRouters } from './catalog.ts';
import { manifestLimit, manifestRouters } from './manifests.ts';
import {
  headerRemoval,
  hostCondition,
  notLocalCondition,
  router,
  service,
  writingCondition,
} from './entries.ts';

/**
 * Renders the static configuration file of Traefik 3. It makes Traefik read all files of `folder` as dynamic
 * configuration, and again when one appears or disappears there: this is how writes are stopped.
 */
export function renderTraefikStatic(edge: Edge, folder: string): string {
  return lines(
    '# Traefik as the edge of dockpass: the static part, for `traefik --configFile=FILE`.',
    'entryPoints:',
    '  registry:',
    `    address: ":${edge.port}"`,
    '    transport:',
    '      respondingTimeouts:',
    '        # This line removes the time limit, because the upload of a large layer can take long. By default, Traefik would abort',
    '        # an upload after 60 s. Slow clients then have no time limit either: docs/edges.md says what to do about it.',
    '        readTimeout: 0s',
    ...(edge.tls.kind === 'off' ? outerProxies(edge) : []),
    '    # The console and the administration API write names of repositories with an encoded slash (%2F). Some versions of',
    '    # Traefik from 3.6.4 on reject it. In this case, remove the # in front of these lines. Older versions reject the lines.',
    '    # http:',
    '    #   encodedCharacters:',
    '    #     allowEncodedSlash: true',
    'providers:',
    '  # By default, Traefik applies a changed file up to 2 s later. "dockpass writes stop" must stop pushes within a second.',
    '  providersThrottleDuration: 200ms',
    '  file:',
    `    directory: ${JSON.stringify(folder)}`,
    '',
  );
}

/**
 * Renders the dynamic configuration file of Traefik 3. You can also add this file to a Traefik that has its own static
 * configuration.
 */
export function renderTraefik(edge: Edge): string {
  const acme = edge.tls.kind === 'acme';
  const tls = edge.tls.kind === 'off' ? [] : [acme ? 'tls: { certResolver: default }' : 'tls: {}'];
  return lines(
    '# Traefik as the edge of dockpass: the dynamic part. /v2/ goes to the registry, /auth/ to dockpass.',
    '# Traefik passes on the Host header unchanged, including the port. It trusts X-Forwarded-* headers only from senders',
    '# that the entry point lists under forwardedHeaders.trustedIPs. If no router matches a request, Traefik answers 404.',
    'http:',
    '  routers:',
    ...catalogRouters(edge, tls),
    ...manifestRouters(edge, tls),
    ...deniedWrites(edge, tls),
    '    # If a registry request has a Basic header, Traefik first asks dockpass for a token. Traefik then replaces the Basic',
    '    # header with the token, and sends the request to the registry. If a registry request has no Basic header, Traefik',
    '    # does not ask dockpass.',
    router(
      'dockpass-basic',
      `${hostCondition(edge)}PathPrefix(\`/v2/\`) && HeaderRegexp(\`Authorization\`, \`(?i)^basic \`)`,
      30,
      ['dockpass-sandbox', 'dockpass-version', ...unforged(edge), 'dockpass-forward', 'dockpass-to-registry'],
      'registry',
      tls,
    ),
    router(
      'dockpass-registry',
      `${hostCondition(edge)}PathPrefix(\`/v2/\`)`,
      20,
      ['dockpass-sandbox', 'dockpass-to-registry'],
      'registry',
      tls,
    ),
    ...(edge.tls.kind === 'off' ? httpsRealmRouters(edge) : []),
    ...authRouters(edge, tls),
    ...redirectRouters(edge, tls),
    '',
    '  middlewares:',
    '    dockpass-forward:',
    '      forwardAuth:',
    '        # dockpass receives the method, the URI and the host of the request in X-Forwarded-* headers, but not the body.',
    `        address: "http://${formatListen(edge.dockpass)}/auth/forward"`,
    ...trustForwardHeader(edge),
    '        authRequestHeaders: [Authorization, User-Agent]',
    '        authResponseHeaders: [Authorization]',
    ...(edge.publicDomainRules === undefined
      ? []
      : [
          '    dockpass-pulls-only:',
          '      forwardAuth:',
          '        # Traefik asks dockpass about each write on a public domain, but sends no credentials of the client. So dockpass',
          '        # always denies the write. If dockpass knows a domain for pushes, the error message names this domain.',
          `        address: "http://${formatListen(edge.dockpass)}/auth/forward"`,
          ...trustForwardHeader(edge),
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
    '    # Clients expect this header in every answer under /v2/, even if /auth/forward denies the request.',
    '    dockpass-version:',
    '      headers:',
    '        customResponseHeaders:',
    '          Docker-Distribution-Api-Version: registry/2.0',
    '    # Removes headers that the registry would use to build the URLs in its answers. An empty value removes a header.',
    '    # The registry receives no cookies, because the cookie of the console is a login.',
    headerRemoval('dockpass-to-registry', [...removedHeaders, ...unneededHeaders]),
    headerRemoval('dockpass-to-console', [...removedHeaders, ...forwardHeaders]),
    headerRemoval('dockpass-to-tokens', [...removedHeaders, ...forwardHeaders, ...unneededHeaders]),
    '    # The registry and the console have the same origin. These headers make sure that browsers run no pushed file as a page',
    '    # or as a script. They are in every answer under /v2/, also in errors.',
    '    dockpass-sandbox:',
    '      headers:',
    '        customResponseHeaders:',
    ...Object.entries(registryAnswerHeaders).map(([header, value]) => `          ${header}: ${value}`),
    ...redirectMiddlewares(),
    ...(hasOuterProxies(edge)
      ? [
          '    # Removes headers that a client can send through a TLS proxy, because Traefik would pass them on to /auth/forward.',
          headerRemoval('dockpass-unforged', ['X-Forwarded-Host', ...forwardHeaders]),
        ]
      : []),
    ...authLimits(edge),
    ...manifestLimit(edge),
    '',
    '  services:',
    service('registry', formatListen(edge.registry)),
    service('dockpass', formatListen(edge.dockpass)),
    ...certificates(edge),
    '',
  );
}

/**
 * Renders the option that decides whether Traefik passes the X-Forwarded-* headers of a client's request on to
 * /auth/forward. It is true if there are proxies in front of Traefik, because these headers then contain the address of
 * the client. The entry point has removed the headers from every request that does not come from such a proxy.
 */
function trustForwardHeader(edge: Edge): string[] {
  return [`        trustForwardHeader: ${hasOuterProxies(edge)}`];
}

/**
 * Returns the middleware that must run before `dockpass-forward` if `trustForwardHeader` is true. It removes headers
 * that a client can send through a proxy.
 */
function unforged(edge: Edge): string[] {
  return hasOuterProxies(edge) ? ['dockpass-unforged'] : [];
}

/**
 * Renders the router that denies writes on public domains. Traefik cannot create a response itself. Therefore the
 * router asks dockpass whether the request is allowed. Traefik does not send the credentials of the client with this
 * question, so dockpass always denies the request.
 */
function deniedWrites(edge: Edge, tls: readonly string[]): string[] {
  const rule = edge.publicDomainRules && publicDomainCondition(edge.publicDomainRules);
  if (rule === undefined) return [];
  return [
    '    # Users can only pull from public domains. This rule denies requests that could write, but it cannot match a port.',
    '    # Therefore it does not apply to public domains that are configured with a port. On these domains, the registry denies',
    '    # writes, because the token of the client does not allow them.',
    router(
      'dockpass-public-write',
      `${hostCondition(edge)}PathPrefix(\`/v2/\`) && ${writingCondition}${rule}`,
      60,
      ['dockpass-sandbox', ...unforged(edge), 'dockpass-pulls-only', 'dockpass-to-registry'],
      'registry',
      tls,
    ),
  ];
}

/**
 * Renders the routers for requests to all hosts except those of this machine. These routers set X-Forwarded-Proto to
 * https, so that the URL of the realm begins with https. They cannot use the existing value of this header: if no
 * trusted proxy sends the header, Traefik sets it to http, and a rule cannot tell whether the value comes from a proxy
 * or from Traefik. Therefore the routers assume that all their requests come through a TLS proxy.
 */
function httpsRealmRouters(edge: Edge): string[] {
  return [
    '    # The next two routers handle requests to all hosts except localhost and loopback addresses. They set the header',
    '    # X-Forwarded-Proto to https, so that the registry sends clients to a realm URL that begins with https.',
    router(
      'dockpass-basic-https',
      `${hostCondition(edge)}${notLocalCondition} && PathPrefix(\`/v2/\`) && HeaderRegexp(\`Authorization\`, \`(?i)^basic \`)`,
      31,
      [
        'dockpass-sandbox',
        'dockpass-version',
        ...unforged(edge),
        'dockpass-forward',
        'dockpass-https',
        'dockpass-to-registry',
      ],
      'registry',
      [],
    ),
    router(
      'dockpass-registry-https',
      `${hostCondition(edge)}${notLocalCondition} && PathPrefix(\`/v2/\`)`,
      21,
      ['dockpass-sandbox', 'dockpass-https', 'dockpass-to-registry'],
      'registry',
      [],
    ),
  ];
}

/**
 * Renders the condition that matches the public domains. Rules cannot match a port. Therefore domains that are
 * configured with a port are left out. If all public domains are configured with a port, returns undefined.
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
    '      # The addresses of the TLS proxies in front of this edge. Traefik trusts the X-Forwarded-Proto and X-Forwarded-For',
    '      # headers only if they come from one of these addresses.',
    `      trustedIPs: ${JSON.stringify(edge.outerProxies)}`,
  ];
}
